public import MeterCore
public import MeterEvents
public import MeterFormats
public import StreamCore

/// The first steps of every raw payload, the same on both lanes: read the envelope, drop what came before, take off the transport
/// encoding, decode. What fails on the way becomes a dead letter that points to the raw event; nothing throws.
///
/// The state is the stream time and the keys seen; the envelope and the decoded readings are scratch that the next call overwrites.
public struct PayloadIntake: Sendable {
    /// What became of a raw event.
    public enum Outcome: Sendable {
        /// It only moves time.
        case tick
        /// Its key was seen within the horizon, with the same content.
        case duplicate(original: RawReference)
        /// `readings` holds what it says. The dead letter names lines that were left out.
        case decoded(lineRejects: DeadLetterEvent?)
        case refused(DeadLetterEvent)
    }

    /// Who sent a payload, and what he calls it.
    public struct Envelope: Sendable {
        public var raw: RawReference
        public var idempotencyKey: String
        public var source: String
        /// Media type as received.
        public var format: String
        /// Of the stored bytes.
        public var payloadBytes: Int64
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

    /// Bytes of a text of the envelope that are taken over, more than any gateway writes: what is told of a payload must fit into a
    /// record whatever another writer puts into the raw topic.
    fileprivate static let textLimit = MediaType.byteLimit + 1

    private let configuration: Configuration
    private var keys: PayloadKeyTable
    /// Largest record timestamp seen in this partition, ms since 1970-01-01T00:00:00Z.
    public private(set) var streamTimeMilliseconds = Int64.min
    /// Of the last payload; nil before the first.
    public private(set) var envelope: Envelope?
    /// What the last decoded payload says.
    public private(set) var readings = ReadingBatch()
    /// The version of the rule set that the last decoded payload puts into force: 16 hex digits of the hash of its stored bytes.
    public private(set) var ruleSetVersion = ""

    public init(configuration: Configuration) {
        self.configuration = configuration
        self.keys = PayloadKeyTable(horizonMilliseconds: configuration.duplicateHorizonMilliseconds)
    }

    /// Keys held for de-duplication.
    public var keyCount: Int { keys.count }
    /// Bytes of memory that they take.
    public var keyByteCount: Int { keys.memoryByteCount }

    /// Takes the record `index` of `batch`.
    public mutating func take(_ batch: borrowing InputBatch, _ index: Int) -> Outcome {
        let entry = batch.entries[index]
        streamTimeMilliseconds = max(streamTimeMilliseconds, entry.timestampMilliseconds)
        let format = batch.shortText(EnvelopeHeader.format, of: index) ?? ""
        if format == TickPayload.mediaType { return .tick }

        let id = batch.header(EnvelopeHeader.id, of: index) ?? entry.key
        let hash = Hash128(hashing: batch.bytes.span.extracting(id))
        let envelope = Envelope(
            raw: RawReference(
                lane: configuration.lane,
                partition: batch.partition(of: index).partition,
                offset: entry.offset,
                receivedAtMilliseconds: entry.timestampMilliseconds,
                payloadHigh: hash.high,
                payloadLow: hash.low
            ),
            idempotencyKey: String(decoding: batch.bytes[id.prefix(Self.textLimit)], as: UTF8.self),
            source: batch.shortText(EnvelopeHeader.source, of: index) ?? "",
            format: format,
            payloadBytes: Int64(entry.value.count)
        )
        self.envelope = envelope
        let payload = PayloadKeyTable.First(
            content: PayloadContent.hash(batch, index, format: format, limitBytes: configuration.maxUnpackedBytes),
            offset: entry.offset,
            receivedAtMilliseconds: entry.timestampMilliseconds
        )
        guard let first = keys.insert(payload, under: hash, streamTimeMilliseconds: streamTimeMilliseconds) else {
            return decode(batch, index, envelope)
        }
        var original = envelope.raw
        original.offset = first.offset
        original.receivedAtMilliseconds = first.receivedAtMilliseconds
        guard first.content == payload.content else {
            let reason =
                "content \(PayloadContent.text(payload.content)) under the idempotency key of "
                + "\(original.lane.topic) partition \(original.partition) offset \(original.offset), "
                + "content \(PayloadContent.text(first.content)); send other content under another key"
            return .refused(letter(envelope, code: .keyReused, reason: reason))
        }
        return .duplicate(original: original)
    }

    private mutating func decode(_ batch: borrowing InputBatch, _ index: Int, _ envelope: Envelope) -> Outcome {
        guard let mediaType = MediaType(envelope.format) else {
            let reason = "\"\(envelope.format)\" is not a media type"
            return .refused(letter(envelope, code: .unsupportedFormat, reason: reason))
        }
        let value = batch.entries[index].value
        let encoding = batch.headerText(EnvelopeHeader.contentEncoding, of: index) ?? ""
        do throws(DecodeError) {
            if encoding.isEmpty || encoding == "identity" {
                let bytes = batch.bytes.span.extracting(value)
                try FormatCatalog.decode(bytes, mediaType: mediaType, zones: configuration.zones, into: &readings)
            } else {
                let unpacked = try PayloadContent.unpack(
                    batch.bytes.span.extracting(value),
                    encoding: encoding,
                    limitBytes: configuration.maxUnpackedBytes
                )
                try FormatCatalog.decode(
                    unpacked.span,
                    mediaType: mediaType,
                    zones: configuration.zones,
                    into: &readings
                )
            }
            if readings.isEmpty { throw DecodeError(.empty, "there is nothing in it") }
        } catch {
            return .refused(letter(envelope, code: error.code, reason: error.description))
        }
        if let rules = readings.ruleSet {
            ruleSetVersion = Self.version(ofPayload: batch, index)
            if let reason = configuration.refusalOfRuleSet(rules.json, ruleSetVersion) {
                return .refused(letter(envelope, code: .invalidRuleSet, reason: reason))
            }
        }
        return .decoded(lineRejects: lineRejects(envelope))
    }

    /// The letter of a payload that is refused as a whole.
    private func letter(_ envelope: Envelope, code: DecodeCode, reason: String) -> DeadLetterEvent {
        DeadLetterEvent(
            raw: envelope.raw,
            idempotencyKey: envelope.idempotencyKey,
            source: envelope.source,
            format: envelope.format,
            code: code.rawValue,
            reason: reason,
            stage: configuration.stage,
            payloadBytes: envelope.payloadBytes
        )
    }

    /// The letter of the lines that were left out, nil when none was.
    private func lineRejects(_ envelope: Envelope) -> DeadLetterEvent? {
        guard let first = readings.rejects.first else { return nil }
        let reason = "\(readings.rejectCount) lines left out; line \(first.line): \(first.reason)"
        var letter = letter(envelope, code: first.code, reason: reason)
        letter.isPartial = true
        letter.rejectedLineCount = UInt32(clamping: readings.rejectCount)
        letter.lines = readings.rejects.map {
            DeadLetterEvent.LineReject(
                line: UInt32(clamping: $0.line),
                byteOffset: Int64($0.byteOffset),
                code: $0.code.rawValue,
                reason: $0.reason
            )
        }
        return letter
    }

    /// From the envelope's SHA-256; a record without one has a hash of its own, the same whenever it is folded.
    private static func version(ofPayload batch: borrowing InputBatch, _ index: Int) -> String {
        let hash = batch.headerText(EnvelopeHeader.sha256, of: index) ?? ""
        if hash.utf8.count >= 16 { return String(hash.prefix(16)) }
        let digits = String(Hash128(hashing: batch.bytes.span.extracting(batch.entries[index].value)).high, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
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

extension InputBatch {
    /// The beginning of the named header, as text.
    fileprivate func shortText(_ name: String, of index: Int) -> String? {
        header(name, of: index).map { String(decoding: bytes[$0.prefix(PayloadIntake.textLimit)], as: UTF8.self) }
    }
}
