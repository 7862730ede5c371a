import MeterCore
import MeterEvents
import StreamCore
import VEE

/// Folds journal events through a processor and keeps what it put out, as a reader of the topics would see it.
struct Bench {
    /// The last version of one interval.
    struct Reading: Equatable {
        var value: Int64
        var quality: Quality
        var method: EstimationMethod
        var findings: [Finding]
    }

    struct SlotKey: Hashable, Comparable, CustomStringConvertible {
        var meter: String
        var channel: String
        var start: Int64

        static func < (left: SlotKey, right: SlotKey) -> Bool {
            (left.meter, left.channel, left.start) < (right.meter, right.channel, right.start)
        }

        var description: String { "\(meter)/\(channel)/\(Instant(secondsSinceEpoch: start))" }
    }

    private struct LengthKey: Hashable {
        var slot: SlotKey
        var seconds: Int32
    }

    struct RuleKey: Hashable {
        var meter: String
        var channel: String
        var window: Int64
        var rule: UInt32
    }

    struct OpenCase: Equatable {
        var severity: Severity
        var first: Int64
        var count: UInt32
        var observed: Int64
        var limit: Int64
        var code: String
        var reason: String
    }

    var processor: VEEProcessor
    let partition: Int32
    let configuration: VEEConfiguration
    var offset: Int64 = 0
    var counters = [Int64](repeating: 0, count: VEEProcessor.counterNames.count)
    /// Every record, in order: output, key and value.
    var records: [[UInt8]] = []
    var readings: [SlotKey: Reading] = [:]
    var revisions: [SlotKey: UInt32] = [:]
    /// Length of the reading that is in force, seconds.
    var held: [SlotKey: Int32] = [:]
    private var lengths: [LengthKey: UInt32] = [:]
    /// What became of the values of each block.
    var fates: [BlockFate] = []
    var windows: [SlotKey: WindowState] = [:]
    /// The last version of each derived register reading, by meter, channel and instant.
    var derived: [SlotKey: DerivedRegister] = [:]
    var open: [RuleKey: OpenCase] = [:]
    var versions: [ValidatedIntervals] = []
    var exceptions: [VeeException] = []
    var commands: [DeviceCommandEvent] = []
    /// Set when a version number was not above the one before.
    var revisionFault: String?

    init(_ configuration: VEEConfiguration = VEEConfiguration(zones: ZoneCatalog()), partition: Int32 = 0) {
        self.configuration = configuration
        self.partition = partition
        processor = VEEProcessor(configuration: configuration, partition: partition)
    }

    /// Folds the events in batches of the given size.
    mutating func feed(_ events: [JournalEvent], batchSize: Int = .max) throws {
        var index = 0
        while index < events.count {
            let upper = min(events.count, batchSize == .max ? events.count : index + batchSize)
            try fold(Array(events[index..<upper]))
            index = upper
        }
    }

    mutating func feed(_ event: JournalEvent) throws {
        try fold([event])
    }

    private mutating func fold(_ events: [JournalEvent]) throws {
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition(VEEProcessor.inputTopic, partition))
        for event in events {
            var bytes: [UInt8] = []
            event.append(to: &bytes)
            batch.append(
                slot: slot,
                offset: offset,
                timestampMilliseconds: event.raw.receivedAtMilliseconds,
                key: [UInt8]().span,
                value: bytes.span
            )
            offset += 1
        }
        var effects = Effects(
            outputs: VEEProcessor.outputTopics.map { Effects.Output(topic: $0, partitionCount: 4) },
            counterCount: VEEProcessor.counterNames.count
        )
        try processor.fold(batch, 0..<batch.count, into: &effects)
        for index in counters.indices { counters[index] += effects.counters[index] }
        try read(effects)
    }

    private mutating func read(_ effects: Effects) throws {
        for entry in effects.entries {
            records.append([UInt8(entry.output)] + effects.bytes[entry.key] + effects.bytes[entry.value])
            switch entry.output {
            case 0: note(try ValidatedIntervals(effects.bytes, entry.value))
            case 1: note(try VeeException(effects.bytes, entry.value))
            default: commands.append(try DeviceCommandEvent(effects.bytes, entry.value))
            }
        }
    }

    private mutating func note(_ event: ValidatedIntervals) {
        fates += event.fates
        // A record that only tells what became of values has no version of anything.
        if event.count == 0, event.window == nil, event.registers.isEmpty { return }
        versions.append(event)
        for index in 0..<event.count {
            let start = event.start.secondsSinceEpoch + Int64(index) * Int64(event.intervalSeconds)
            let key = SlotKey(meter: event.meter, channel: event.channel, start: start)
            let revision = event.revisions[index]
            // Intervals of another length that begin at the same instant have versions of their own.
            let length = LengthKey(slot: key, seconds: event.intervalSeconds)
            if revision <= lengths[length] ?? 0 {
                revisionFault = "\(key) \(revision) after \(lengths[length] ?? 0)"
            }
            lengths[length] = revision
            revisions[key] = revision
            if event.qualities[index] == ValidatedIntervals.withdrawn {
                if held[key] == event.intervalSeconds {
                    readings[key] = nil
                    held[key] = nil
                }
                continue
            }
            held[key] = event.intervalSeconds
            var findings: [Finding] = []
            for finding in event.findings
            where finding.first <= UInt32(index) && UInt32(index) < finding.first + finding.count {
                var own = finding
                own.first = 0
                own.count = 1
                findings.append(own)
            }
            readings[key] = Reading(
                value: event.billionths[index],
                quality: Quality(rawValue: event.qualities[index]) ?? .missing,
                method: EstimationMethod(rawValue: event.methods[index]) ?? .none,
                findings: findings
            )
        }
        for register in event.registers {
            let at = register.at.secondsSinceEpoch
            let key = SlotKey(meter: event.meter, channel: event.channel, start: at)
            if register.revision <= derived[key]?.revision ?? 0 {
                revisionFault = "register \(key) \(register.revision)"
            }
            derived[key] = register
        }
        if let window = event.window {
            let key = SlotKey(meter: event.meter, channel: event.channel, start: window.start.secondsSinceEpoch)
            if window.revision <= windows[key]?.revision ?? 0 { revisionFault = "window \(key) \(window.revision)" }
            windows[key] = window
        }
    }

    private mutating func note(_ exception: VeeException) {
        exceptions.append(exception)
        let key = RuleKey(
            meter: exception.meter,
            channel: exception.channel,
            window: exception.windowStart.secondsSinceEpoch,
            rule: exception.rule
        )
        guard exception.isOpen else {
            open[key] = nil
            return
        }
        open[key] = OpenCase(
            severity: exception.severity,
            first: exception.firstIntervalStart.secondsSinceEpoch,
            count: exception.intervalCount,
            observed: exception.observedBillionths,
            limit: exception.limitBillionths,
            code: exception.code,
            reason: exception.reason
        )
    }

    func counter(_ name: String) -> Int64 {
        VEEProcessor.counterNames.firstIndex(of: name).map { counters[$0] } ?? -1
    }

    func reading(_ start: Int64, meter: String = "m1", channel: String = "E1") -> Reading? {
        readings[SlotKey(meter: meter, channel: channel, start: start)]
    }

    /// What the register would read at an instant; nil where nothing follows, or not any more.
    func register(_ at: Int64, meter: String = "m1", channel: String = "E1") -> DerivedRegister? {
        derived[SlotKey(meter: meter, channel: channel, start: at)].flatMap { $0.quality == .missing ? nil : $0 }
    }

    func window(_ start: Int64, meter: String = "m1", channel: String = "E1") -> WindowState? {
        windows[SlotKey(meter: meter, channel: channel, start: start)]
    }

    func exception(_ rule: UInt32, _ window: Int64, meter: String = "m1", channel: String = "E1") -> OpenCase? {
        open[RuleKey(meter: meter, channel: channel, window: window, rule: rule)]
    }

    /// The state as a snapshot would hold it.
    var state: [UInt8] {
        let copy = processor
        var bytes: [UInt8] = []
        copy.encodeState(into: &bytes)
        return bytes
    }

    /// Goes on from a snapshot of itself.
    mutating func restore() throws {
        let bytes = state
        processor = try VEEProcessor(configuration: configuration, partition: partition, state: bytes.span)
    }
}
