package import StreamCore

/// The work of `ops/bench w2`: single intervals are de-duplicated, by id and by meter and time, and summed in tumbling hours by meter.
///
/// Event time is the start of the interval, stream time the largest seen in the partition. A window closes when stream time is 15
/// minutes past its end; then its sum, count and number of estimates are put out, in the order in which windows were opened. What
/// comes later is counted and dropped. What is no such message becomes a dead letter, byte for byte.
package struct W2Processor: Processor {
    package struct Configuration: Sendable {
        package var isJSON: Bool
        /// How long an id is remembered.
        package var horizonMilliseconds: Int64

        package init(isJSON: Bool = false, horizonMilliseconds: Int64 = 7 * 86_400_000) {
            self.isJSON = isJSON
            self.horizonMilliseconds = horizonMilliseconds
        }
    }

    /// Windows of one hour that are open, by meter, in the order of opening.
    private struct OpenHour: Sendable {
        var number: Int64
        var meters: [Int32]
    }

    package static var name: String { "w2" }
    package static var stateVersion: UInt32 { 1 }
    package static var inputTopic: String { BenchTopics.current.input }
    package static var outputTopics: [String] { [BenchTopics.current.output, BenchTopics.current.deadLetters] }
    package static let counterNames = [
        "duplicates_total", "malformed_total", "late_total", "windows_total", "estimated_total", "empty_total",
    ]
    private static let hourSeconds: Int64 = 3_600
    private static let graceSeconds: Int64 = 900

    private var ids: PayloadKeySet
    private var streamTimeMilliseconds: Int64 = .min
    /// Largest start of an interval, seconds since 1970-01-01T00:00:00Z.
    private var eventTime: Int64 = -1
    private var index = HashIndex()
    private var meters: [HourlyMeter] = []
    /// Names of meters, back to back.
    private var names: [UInt8] = []
    /// Ascending by number.
    private var open: [OpenHour] = []
    private var message = IntervalMessage()
    private var encoder: HourEncoder

    package init(configuration: Configuration, partition: Int32) {
        ids = PayloadKeySet(horizonMilliseconds: configuration.horizonMilliseconds)
        encoder = HourEncoder(isJSON: configuration.isJSON)
    }

    package mutating func fold(
        _ batch: borrowing InputBatch,
        _ range: Range<Int>,
        into effects: inout Effects
    ) throws(ProcessorFault) {
        let bytes = batch.bytes.span
        let entries = batch.entries.span
        for number in range {
            let entry = entries[number]
            let value = bytes.extracting(entry.value)
            streamTimeMilliseconds = max(streamTimeMilliseconds, entry.timestampMilliseconds)
            guard message.decode(value) else {
                effects.count(1)
                let key = bytes.extracting(entry.key)
                effects.emit(to: 1, key: key, timestampMilliseconds: entry.timestampMilliseconds, value: value)
                continue
            }
            let id = Hash128(hashing: value.extracting(message.id))
            guard message.id.isEmpty || ids.insert(id, streamTimeMilliseconds: streamTimeMilliseconds) else {
                effects.count(0)
                continue
            }
            insert(value, into: &effects)
        }
    }

    @inline(__always)
    private mutating func insert(_ value: Span<UInt8>, into effects: inout Effects) {
        if message.start > eventTime {
            eventTime = message.start
            closeWindows(into: &effects)
        }
        let hour = message.start / W2Processor.hourSeconds
        guard !isClosed(hour) else { return effects.count(2) }
        guard let number = message.value else { return effects.count(5) }
        let (slot, isNew) = index.slot(of: Hash128(hashing: value.extracting(message.meter)))
        if isNew { addMeter(value) }
        let billionths = PowersOfTen.rescale(number.mantissa, from: number.decimals, to: HourlyMeter.decimals)
        let quarter = Int(message.start % W2Processor.hourSeconds / IntervalMessage.quarterHour)
        switch meters[slot].insert(billionths, hour: hour, slot: quarter) {
        case .opened: openWindow(hour, Int32(truncatingIfNeeded: slot))
        case .added: break
        case .duplicate: effects.count(0)
        }
    }

    private mutating func addMeter(_ value: Span<UInt8>) {
        let start = names.count
        for place in message.meter { names.append(value[place]) }
        let identity = Hash128(hashing: value.extracting(message.meter))
        meters.append(HourlyMeter(identity: identity, name: start..<names.count))
    }

    private func isClosed(_ hour: Int64) -> Bool {
        (hour + 1) * W2Processor.hourSeconds + W2Processor.graceSeconds <= eventTime
    }

    @inline(__always)
    private mutating func openWindow(_ hour: Int64, _ meter: Int32) {
        for place in open.indices.reversed() where open[place].number == hour {
            open[place].meters.append(meter)
            return
        }
        let place = open.firstIndex { $0.number > hour } ?? open.count
        open.insert(OpenHour(number: hour, meters: [meter]), at: place)
    }

    private mutating func closeWindows(into effects: inout Effects) {
        // A local name for them, so that the loop may write to the encoder beside it.
        let names = names
        while let first = open.first, isClosed(first.number) {
            effects.count(3, by: Int64(first.meters.count))
            for slot in first.meters {
                W2Processor.emit(meters[Int(slot)], first.number, names.span, &encoder, into: &effects)
            }
            open.removeFirst()
        }
    }

    private static func emit(
        _ meter: HourlyMeter,
        _ hour: Int64,
        _ names: Span<UInt8>,
        _ encoder: inout HourEncoder,
        into effects: inout Effects
    ) {
        let sum = meter.sum(ofHour: hour)
        effects.count(4, by: Int64(sum.estimated))
        guard !effects.isMuted else { return }
        let name = names.extracting(meter.name)
        encoder.encode(sum, start: hour * hourSeconds, meter: name)
        effects.emit(
            to: 0,
            key: name,
            timestampMilliseconds: (hour + 1) * hourSeconds * 1_000,
            value: encoder.sink.bytes.span.extracting(first: encoder.sink.count)
        )
    }

    package func encodeState(into bytes: inout [UInt8]) {
        var writer = StateWriter(bytes)
        writer.append(streamTimeMilliseconds)
        writer.append(eventTime)
        ids.encode(into: &writer)
        writer.append(UInt32(meters.count))
        for meter in meters { meter.encode(into: &writer) }
        writer.append(UInt32(names.count))
        writer.bytes.append(contentsOf: names)
        writer.append(UInt32(open.count))
        for hour in open {
            writer.append(hour.number)
            writer.append(UInt32(hour.meters.count))
            for meter in hour.meters { writer.append(meter) }
        }
        bytes = writer.bytes
    }

    package init(configuration: Configuration, partition: Int32, state: Span<UInt8>) throws(StateError) {
        self.init(configuration: configuration, partition: partition)
        var reader = StateReader()
        streamTimeMilliseconds = try reader.read(Int64.self, from: state)
        eventTime = try reader.read(Int64.self, from: state)
        try ids.decode(from: state, reader: &reader)
        var nameStart = 0
        for slot in 0..<Int(try reader.read(UInt32.self, from: state)) {
            let meter = try HourlyMeter(from: state, reader: &reader, nameStart: nameStart)
            guard index.slot(of: meter.identity) == (slot, true) else { throw .malformed("a meter twice") }
            nameStart = meter.name.upperBound
            meters.append(meter)
        }
        guard Int(try reader.read(UInt32.self, from: state)) == nameStart else { throw .malformed("names") }
        for _ in 0..<nameStart { names.append(try reader.read(UInt8.self, from: state)) }
        try decodeOpenHours(state, &reader)
        try reader.finish(state)
    }

    private mutating func decodeOpenHours(_ state: Span<UInt8>, _ reader: inout StateReader) throws(StateError) {
        for _ in 0..<(try reader.read(UInt32.self, from: state)) {
            var hour = OpenHour(number: try reader.read(Int64.self, from: state), meters: [])
            for _ in 0..<(try reader.read(UInt32.self, from: state)) {
                let meter = try reader.read(Int32.self, from: state)
                guard meters.indices.contains(Int(meter)) else { throw .malformed("meter \(meter)") }
                hour.meters.append(meter)
            }
            if let last = open.last, last.number >= hour.number { throw .malformed("hours out of order") }
            open.append(hour)
        }
    }

    package var stateSizes: [(name: String, count: Int)] {
        [("ids", ids.count), ("meters", meters.count), ("open_windows", open.reduce(0) { $0 + $1.meters.count })]
    }
}
