public import MeterCore
public import MeterEvents
public import MeterFormats
import PayloadCompression
public import StreamCore

/// The first steps of every raw payload, the same on both lanes: read the envelope, drop what came before, take off the transport
/// encoding, decode. What fails on the way becomes a dead letter that points to the raw event; nothing throws.
///
/// The state is the stream time and the keys seen; the decoded readings are scratch that the next call overwrites.
public struct PayloadIntake: Sendable {
    /// What became of a raw event.
    public enum Outcome: Sendable {
        /// It only moves time.
        case tick
        /// Its key was seen within the horizon.
        case duplicate
        /// `readings` holds what it says. The dead letter names lines that were left out.
        case decoded(RawReference, lineRejects: DeadLetterEvent?)
        case refused(DeadLetterEvent)
    }

    /// Limits and knowledge that decoding needs.
    public struct Configuration: Sendable {
        public var zones: ZoneCatalog
        public var lane: RawReference.Lane
        /// Name in dead letters.
        public var stage: String
        /// A payload that unpacks to more is refused.
        public var maxUnpackedBytes: Int
        /// How long an idempotency key is remembered, in stream time.
        public var duplicateHorizonMilliseconds: Int64
        /// Why a rule set (JSON, version) can't be put into force, nil when it can. Must depend on nothing else.
        public var refusalOfRuleSet: @Sendable (_ json: String, _ version: String) -> String? = { _, _ in nil }

        public init(
            zones: ZoneCatalog,
            lane: RawReference.Lane,
            stage: String,
            maxUnpackedBytes: Int = 256 << 20,
            duplicateHorizonMilliseconds: Int64 = 7 * 86_400_000
        ) {
            self.zones = zones
            self.lane = lane
            self.stage = stage
            self.maxUnpackedBytes = maxUnpackedBytes
            self.duplicateHorizonMilliseconds = duplicateHorizonMilliseconds
        }
    }

    private let configuration: Configuration
    private var keys: PayloadKeySet
    /// Largest record timestamp seen in this partition, ms since 1970-01-01T00:00:00Z.
    public private(set) var streamTimeMilliseconds = Int64.min
    /// What the last decoded payload says.
    public private(set) var readings = ReadingBatch()
    /// The version of the rule set that the last decoded payload puts into force: 16 hex digits of the hash of its stored bytes.
    public private(set) var ruleSetVersion = ""

    public init(configuration: Configuration) {
        self.configuration = configuration
        self.keys = PayloadKeySet(horizonMilliseconds: configuration.duplicateHorizonMilliseconds)
    }

    /// Keys held for de-duplication.
    public var keyCount: Int { keys.count }
    /// Bytes of memory that they take.
    public var keyByteCount: Int { keys.memoryByteCount }

    /// Takes the record `index` of `batch`.
    public mutating func take(_ batch: borrowing InputBatch, _ index: Int) -> Outcome {
        let entry = batch.entries[index]
        streamTimeMilliseconds = max(streamTimeMilliseconds, entry.timestampMilliseconds)
        let format = batch.headerText(EnvelopeHeader.format, of: index) ?? ""
        if format == TickPayload.mediaType { return .tick }

        let id = batch.header(EnvelopeHeader.id, of: index) ?? entry.key
        let hash = Hash128(hashing: batch.bytes.span.extracting(id))
        guard keys.insert(hash, streamTimeMilliseconds: streamTimeMilliseconds) else { return .duplicate }

        let raw = RawReference(
            lane: configuration.lane,
            partition: batch.partition(of: index).partition,
            offset: entry.offset,
            receivedAtMilliseconds: entry.timestampMilliseconds,
            payloadHigh: hash.high,
            payloadLow: hash.low
        )
        let letter = DeadLetterEvent(
            raw: raw,
            idempotencyKey: String(decoding: batch.bytes[id], as: UTF8.self),
            source: batch.headerText(EnvelopeHeader.source, of: index) ?? "",
            format: format,
            code: "",
            reason: "",
            stage: configuration.stage,
            payloadBytes: Int64(entry.value.count)
        )
        return decode(batch, index, format: format, letter: letter)
    }

    private mutating func decode(
        _ batch: borrowing InputBatch,
        _ index: Int,
        format: String,
        letter: DeadLetterEvent
    ) -> Outcome {
        guard let mediaType = MediaType(format) else {
            return .refused(letter.refused(code: "unsupported_format", reason: "\"\(format)\" is not a media type"))
        }
        let value = batch.entries[index].value
        let encoding = batch.headerText(EnvelopeHeader.contentEncoding, of: index) ?? ""
        do throws(DecodeError) {
            if encoding.isEmpty || encoding == "identity" {
                let bytes = batch.bytes.span.extracting(value)
                try FormatCatalog.decode(bytes, mediaType: mediaType, zones: configuration.zones, into: &readings)
            } else {
                let unpacked = try unpack(batch.bytes.span.extracting(value), encoding: encoding)
                try FormatCatalog.decode(
                    unpacked.span,
                    mediaType: mediaType,
                    zones: configuration.zones,
                    into: &readings
                )
            }
        } catch {
            return .refused(letter.refused(code: error.code.rawValue, reason: error.description))
        }
        if let rules = readings.ruleSet {
            ruleSetVersion = Self.version(ofPayload: batch, index)
            if let reason = configuration.refusalOfRuleSet(rules.json, ruleSetVersion) {
                return .refused(letter.refused(code: DecodeCode.invalidRuleSet.rawValue, reason: reason))
            }
        }
        return .decoded(letter.raw, lineRejects: letter.lineRejects(of: readings))
    }

    /// From the envelope's SHA-256; a record without one has a hash of its own, the same whenever it is folded.
    private static func version(ofPayload batch: borrowing InputBatch, _ index: Int) -> String {
        let hash = batch.headerText(EnvelopeHeader.sha256, of: index) ?? ""
        if hash.utf8.count >= 16 { return String(hash.prefix(16)) }
        let digits = String(Hash128(hashing: batch.bytes.span.extracting(batch.entries[index].value)).high, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private func unpack(_ bytes: Span<UInt8>, encoding: String) throws(DecodeError) -> [UInt8] {
        guard let coding = ContentCoding(rawValue: encoding) else {
            throw DecodeError(.unsupportedFormat, "content-encoding \"\(encoding)\"")
        }
        do {
            return try coding.decompress(bytes, limitBytes: configuration.maxUnpackedBytes)
        } catch {
            switch error {
            case .tooLarge: throw DecodeError(.limitExceeded, "\(encoding): \(error)")
            default: throw DecodeError(.malformedSyntax, "\(encoding): \(error)")
            }
        }
    }

    /// Appends stream time and keys.
    public func encode(into writer: inout StateWriter) {
        writer.append(streamTimeMilliseconds)
        keys.encode(into: &writer)
    }

    /// Takes over what `encode` wrote.
    public mutating func decode(from bytes: Span<UInt8>, reader: inout StateReader) throws(StateError) {
        streamTimeMilliseconds = try reader.read(Int64.self, from: bytes)
        try keys.decode(from: bytes, reader: &reader)
    }
}

extension DeadLetterEvent {
    /// The letter of a payload that is refused as a whole.
    fileprivate func refused(code: String, reason: String) -> DeadLetterEvent {
        var letter = self
        letter.code = code
        letter.reason = reason
        return letter
    }

    /// The letter of the lines that were left out, nil when none was.
    fileprivate func lineRejects(of readings: ReadingBatch) -> DeadLetterEvent? {
        guard let first = readings.rejects.first else { return nil }
        var letter = self
        letter.isPartial = true
        letter.code = first.code.rawValue
        letter.reason = "\(readings.rejectCount) lines left out; line \(first.line): \(first.reason)"
        letter.rejectedLineCount = UInt32(clamping: readings.rejectCount)
        letter.lines = readings.rejects.map {
            LineReject(
                line: UInt32(clamping: $0.line),
                byteOffset: Int64($0.byteOffset),
                code: $0.code.rawValue,
                reason: $0.reason
            )
        }
        return letter
    }
}
