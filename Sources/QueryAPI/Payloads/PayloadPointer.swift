/// Where a raw payload is in the log: `meter.raw/1/77`.
package struct PayloadPointer: Hashable, Sendable {
    package var topic: String
    package var partition: Int32
    package var offset: Int64

    private static let lanes: [(topic: String, lane: Int16)] = [("meter.raw", 0), ("meter.raw.alarms", 1)]

    package init(topic: String, partition: Int32, offset: Int64) {
        self.topic = topic
        self.partition = partition
        self.offset = offset
    }

    /// Nil for a text that names no place in a raw topic.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, let partition = Int32(parts[1]), let offset = Int64(parts[2]), partition >= 0,
            offset >= 0, Self.lanes.contains(where: { $0.topic == parts[0] })
        else { return nil }
        self.init(topic: String(parts[0]), partition: partition, offset: offset)
    }

    /// As the tables store the topic.
    var lane: Int16? { Self.lanes.first { $0.topic == topic }?.lane }

    package var text: String { "\(topic)/\(partition)/\(offset)" }
}
