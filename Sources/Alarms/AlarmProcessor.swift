import Intake
public import MeterCore
import MeterEvents
import MeterFormats
public import StreamCore

/// `meter.raw.alarms` to `meter.alarms.p0` ... `p3`: drops payloads that came before, decodes device events, gives each its meaning and
/// priority by the code map, and routes it to the topic of its priority. What concerns the readings around it (outages, test mode, the
/// clock) goes to `meter.journal` too.
///
/// Pairing of power down and up, storms and correlation along the grid are not here yet.
public struct AlarmProcessor: Processor {
    public struct Configuration: Sendable {
        public var zones: ZoneCatalog
        public var codeMap: AlarmCodeMap
        public var maxUnpackedBytes: Int
        public var duplicateHorizonMilliseconds: Int64

        public init(
            zones: ZoneCatalog,
            codeMap: AlarmCodeMap = .standard,
            maxUnpackedBytes: Int = 16 << 20,
            duplicateHorizonMilliseconds: Int64 = 7 * 86_400_000
        ) {
            self.zones = zones
            self.codeMap = codeMap
            self.maxUnpackedBytes = maxUnpackedBytes
            self.duplicateHorizonMilliseconds = duplicateHorizonMilliseconds
        }
    }

    /// Indices of `counterNames`.
    private enum Counter {
        static let payloads = 0
        static let duplicates = 1
        static let unclassified = 2
        /// The first of five, by priority.
        static let alarms = 3
        static let priorities = 5
        /// The first of many, by code.
        static let deadLetters = alarms + priorities
    }

    public static let name = "alarms"
    public static let stateVersion: UInt32 = 2

    /// The state is the keys seen with their payloads; what codes mean is not in it.
    public static func fingerprint(of configuration: Configuration) -> UInt64 {
        var fingerprint = ConfigurationFingerprint()
        fingerprint.add(configuration.duplicateHorizonMilliseconds)
        return fingerprint.value
    }

    public static let inputTopic = "meter.raw.alarms"
    /// Index = topic priority; the dead letters and the journal come last.
    public static let outputTopics = [
        "meter.alarms.p0", "meter.alarms.p1", "meter.alarms.p2", "meter.alarms.p3", "meter.deadletter", "meter.journal",
    ]
    public static let counterNames =
        ["payloads_total", "duplicate_payloads_total", "unclassified_alarms_total"]
        + (0..<Counter.priorities).map { "alarms_total{priority=\($0)}" } + DeadLetterCounters.names
    private static let deadLetterOutput = 4
    private static let journalOutput = 5
    /// Informational events (priority 4) have no topic of their own and go with the lowest.
    private static let lowestTopic = 3

    private let configuration: Configuration
    private var intake: PayloadIntake

    public init(configuration: Configuration, partition: Int32) {
        self.configuration = configuration
        self.intake = PayloadIntake(
            configuration: PayloadIntake.Configuration(
                zones: configuration.zones,
                lane: .alarm,
                stage: AlarmProcessor.name,
                maxUnpackedBytes: configuration.maxUnpackedBytes,
                duplicateHorizonMilliseconds: configuration.duplicateHorizonMilliseconds
            )
        )
    }

    public mutating func fold(
        _ batch: borrowing InputBatch,
        _ range: Range<Int>,
        into effects: inout Effects
    ) throws(ProcessorFault) {
        for index in range {
            switch intake.take(batch, index) {
            case .tick:
                continue
            case .duplicate:
                effects.count(Counter.payloads)
                effects.count(Counter.duplicates)
            case .refused(let letter):
                effects.count(Counter.payloads)
                emit(letter, into: &effects)
            case .decoded(let lineRejects):
                effects.count(Counter.payloads)
                if let lineRejects { emit(lineRejects, into: &effects) }
                if let raw = intake.envelope?.raw { route(raw, into: &effects) }
            }
        }
    }

    private func emit(_ letter: DeadLetterEvent, into effects: inout Effects) {
        effects.count(Counter.deadLetters + DeadLetterCounters.index(of: letter.code))
        effects.emit(
            to: AlarmProcessor.deadLetterOutput,
            key: Array(letter.idempotencyKey.utf8),
            timestampMilliseconds: letter.raw.receivedAtMilliseconds
        ) { letter.append(to: &$0) }
    }

    private func route(_ raw: RawReference, into effects: inout Effects) {
        var reported: [DeviceEvents] = []
        var places: [String: Int] = [:]
        defer { journal(reported, raw, into: &effects) }
        for (index, event) in intake.readings.events.enumerated() {
            let meaning = configuration.codeMap.meaning(of: event.code)
            if meaning.name == AlarmCodeMap.unclassified.name { effects.count(Counter.unclassified) }
            effects.count(Counter.alarms + min(Int(meaning.priority), Counter.priorities - 1))
            if let kind = meaning.eventKind {
                let fact = DeviceEvents.Event(at: event.occurredAt, kind: kind, code: event.code)
                if let place = places[event.meter] {
                    reported[place].events.append(fact)
                } else {
                    places[event.meter] = reported.count
                    reported.append(DeviceEvents(meter: event.meter, events: [fact]))
                }
            }
            let alarm = AlarmEvent(
                id: AlarmProcessor.identity(of: raw, index: index),
                meter: event.meter,
                sourceCode: event.code,
                eventType: meaning.eventType,
                meaning: meaning.name,
                priority: meaning.priority,
                occurredAtMilliseconds: event.occurredAt.secondsSinceEpoch * 1000,
                text: event.text,
                codeMapVersion: configuration.codeMap.version,
                raw: raw
            )
            effects.emit(
                to: min(Int(meaning.priority), AlarmProcessor.lowestTopic),
                key: Array(event.meter.utf8),
                timestampMilliseconds: raw.receivedAtMilliseconds
            ) { alarm.append(to: &$0) }
        }
    }

    /// One journal record a meter, in the order of the payload.
    private func journal(_ reported: [DeviceEvents], _ raw: RawReference, into effects: inout Effects) {
        for events in reported {
            let event = JournalEvent(raw: raw, body: .deviceEvents(events))
            effects.emit(
                to: AlarmProcessor.journalOutput,
                key: Array(events.meter.utf8),
                timestampMilliseconds: raw.receivedAtMilliseconds
            ) { event.append(to: &$0) }
        }
    }

    /// Payload hash in hex, a dash, the index in the payload: the same whenever the payload is folded.
    private static func identity(of raw: RawReference, index: Int) -> String {
        func hex(_ value: UInt64) -> String {
            let digits = String(value, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
        return hex(raw.payloadHigh) + hex(raw.payloadLow) + "-\(index)"
    }

    public func encodeState(into bytes: inout [UInt8]) {
        var writer = StateWriter(bytes)
        intake.encode(into: &writer)
        bytes = writer.bytes
    }

    public init(configuration: Configuration, partition: Int32, state: Span<UInt8>) throws(StateError) {
        self.init(configuration: configuration, partition: partition)
        var reader = StateReader()
        try intake.decode(from: state, reader: &reader)
        try reader.finish(state)
    }

    public var stateSizes: [(name: String, count: Int)] {
        [("payload_keys", intake.keyCount), ("payload_key_bytes", intake.keyByteCount)]
    }
}
