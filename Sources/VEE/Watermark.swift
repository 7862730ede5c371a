import MeterEvents
import StreamCore

/// The receive time that all raw partitions have reached: "now" for windows. Unknown until every raw partition has been heard of.
struct Watermark: Sendable, Equatable {
    /// Largest receive time by raw partition, ms since 1970; `Int64.min` where nothing is known.
    private(set) var times: [Int64] = []
    /// Number of raw partitions, 0 until a tick says it.
    private(set) var partitionCount: Int32 = 0
    /// ms since 1970; never goes back.
    private(set) var milliseconds: Int64?

    /// More raw partitions than any topic has; a larger number is a damaged record and is passed over.
    static let maximumPartitions: Int32 = 65_536

    mutating func observe(_ raw: RawReference) {
        guard raw.lane == .interval else { return }
        observe(partition: raw.partition, milliseconds: raw.receivedAtMilliseconds)
    }

    mutating func observe(_ tick: Tick) {
        if tick.rawPartitionCount > partitionCount, tick.rawPartitionCount <= Self.maximumPartitions {
            partitionCount = tick.rawPartitionCount
        }
        observe(partition: tick.rawPartition, milliseconds: tick.timeMilliseconds)
    }

    private mutating func observe(partition: Int32, milliseconds time: Int64) {
        guard partition >= 0, partition < Self.maximumPartitions else { return }
        let index = Int(partition)
        while times.count <= index { times.append(.min) }
        if time > times[index] { times[index] = time }
        guard partitionCount > 0, times.count >= Int(partitionCount) else { return }
        var least = Int64.max
        for index in 0..<Int(partitionCount) { least = min(least, times[index]) }
        guard least > .min else { return }
        milliseconds = max(milliseconds ?? .min, least)
    }
}

extension Watermark {
    func encode(into writer: inout CompactWriter) {
        writer.append(Int64(partitionCount))
        writer.append(count: times.count)
        for time in times { writer.append(time) }
        writer.append(milliseconds != nil)
        writer.append(milliseconds ?? 0)
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        partitionCount = try reader.integer(bytes)
        let count = try reader.count(bytes)
        for _ in 0..<count { times.append(try reader.integer(bytes)) }
        let isKnown = try reader.flag(bytes)
        let value: Int64 = try reader.integer(bytes)
        milliseconds = isKnown ? value : nil
    }
}
