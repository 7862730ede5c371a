package import StreamCore

/// The work of `ops/bench w1`: days of intervals are de-duplicated by id, checked, estimated, and put out with a quality for each
/// interval. What is no such message becomes a dead letter, byte for byte.
package struct W1Processor: Processor {
    package struct Configuration: Sendable {
        package var isJSON: Bool
        /// How long an id is remembered.
        package var horizonMilliseconds: Int64

        package init(isJSON: Bool = false, horizonMilliseconds: Int64 = 7 * 86_400_000) {
            self.isJSON = isJSON
            self.horizonMilliseconds = horizonMilliseconds
        }
    }

    package static var name: String { "w1" }
    package static var stateVersion: UInt32 { 1 }
    package static var inputTopic: String { BenchTopics.current.input }
    package static var outputTopics: [String] { [BenchTopics.current.output, BenchTopics.current.deadLetters] }
    package static let counterNames = [
        "duplicates_total", "malformed_total", "intervals_total", "linear_total", "like_day_total", "missing_total",
    ]

    private let partition: Int32
    private var ids: PayloadKeySet
    private var streamTimeMilliseconds: Int64 = .min
    private var index = HashIndex()
    private var channels: [DayHistory] = []
    private var encoder: DayEncoder
    private var day = DayMessage()

    package init(configuration: Configuration, partition: Int32) {
        self.partition = partition
        ids = PayloadKeySet(horizonMilliseconds: configuration.horizonMilliseconds)
        encoder = DayEncoder(configuration.isJSON ? .json : .protobuf)
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
            let key = bytes.extracting(entry.key)
            streamTimeMilliseconds = max(streamTimeMilliseconds, entry.timestampMilliseconds)
            guard day.decode(value) else {
                effects.count(1)
                effects.emit(to: 1, key: key, timestampMilliseconds: entry.timestampMilliseconds, value: value)
                continue
            }
            let id = Hash128(hashing: value.extracting(day.id))
            guard day.id.isEmpty || ids.insert(id, streamTimeMilliseconds: streamTimeMilliseconds) else {
                effects.count(0)
                continue
            }
            let origin = DayEncoder.Origin(
                partition: partition,
                offset: entry.offset,
                timestampMilliseconds: entry.timestampMilliseconds,
                payload: id
            )
            validate(value, key, origin, into: &effects)
        }
    }

    @inline(__always)
    private mutating func validate(
        _ value: Span<UInt8>,
        _ key: Span<UInt8>,
        _ origin: DayEncoder.Origin,
        into effects: inout Effects
    ) {
        let slot = channel(of: value)
        let outcome = channels[slot].validate(&day)
        effects.count(2, by: Int64(day.count))
        effects.count(3, by: Int64(outcome.linear))
        effects.count(4, by: Int64(outcome.likeDay))
        effects.count(5, by: Int64(outcome.missing))
        guard !effects.isMuted else { return }
        encoder.encode(day, decimals: outcome.decimals, origin, from: value)
        effects.emit(
            to: 0,
            key: key,
            timestampMilliseconds: origin.timestampMilliseconds,
            value: encoder.sink.bytes.span.extracting(first: encoder.sink.count)
        )
    }

    /// The channel's history: meter and channel together are its identity.
    @inline(__always)
    private mutating func channel(of value: Span<UInt8>) -> Int {
        var identity = Hash128(hashing: value.extracting(day.meter))
        let channel = Hash128(hashing: value.extracting(day.channel))
        identity.high ^= channel.high << 1 | channel.high >> 63
        identity.low ^= channel.low << 1 | channel.low >> 63
        let (slot, isNew) = index.slot(of: identity)
        if isNew { channels.append(DayHistory(identity: identity)) }
        return slot
    }

    package func encodeState(into bytes: inout [UInt8]) {
        var writer = StateWriter(bytes)
        writer.append(streamTimeMilliseconds)
        ids.encode(into: &writer)
        writer.append(UInt32(channels.count))
        for channel in channels { channel.encode(into: &writer) }
        bytes = writer.bytes
    }

    package init(configuration: Configuration, partition: Int32, state: Span<UInt8>) throws(StateError) {
        self.init(configuration: configuration, partition: partition)
        var reader = StateReader()
        streamTimeMilliseconds = try reader.read(Int64.self, from: state)
        try ids.decode(from: state, reader: &reader)
        for slot in 0..<Int(try reader.read(UInt32.self, from: state)) {
            let channel = try DayHistory(from: state, reader: &reader)
            guard index.slot(of: channel.identity) == (slot, true) else { throw .malformed("a channel twice") }
            channels.append(channel)
        }
        try reader.finish(state)
    }

    package var stateSizes: [(name: String, count: Int)] {
        [("ids", ids.count), ("channels", channels.count)]
    }
}
