internal import CRDKafka
internal import StreamCore

/// Owner of a `rd_kafka_topic_partition_list_t`.
struct PartitionList: ~Copyable {
    let pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>

    /// A list without offsets.
    init(_ partitions: [TopicPartition]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(partitions.count))
        for partition in partitions {
            rd_kafka_topic_partition_list_add(pointer, partition.topic, partition.partition)
        }
    }

    /// A list of next offsets.
    init(_ positions: [PartitionPosition]) {
        pointer = rd_kafka_topic_partition_list_new(Int32(positions.count))
        for position in positions {
            let entry = rd_kafka_topic_partition_list_add(
                pointer,
                position.partition.topic,
                position.partition.partition
            )
            entry?.pointee.offset = position.nextOffset
        }
    }

    /// Topics to subscribe to.
    init(topics: [String]) {
        self.init(topics.map { TopicPartition($0, -1) })
    }

    /// Takes a list that the library allocated.
    init(taking pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>) {
        self.pointer = pointer
    }

    deinit { rd_kafka_topic_partition_list_destroy(pointer) }

    var count: Int { Int(pointer.pointee.cnt) }

    func offset(at index: Int) -> Int64 { pointer.pointee.elems[index].offset }
    func error(at index: Int) -> rd_kafka_resp_err_t { pointer.pointee.elems[index].err }
    func partition(at index: Int) -> TopicPartition { PartitionList.partition(pointer.pointee.elems[index]) }

    /// The first error of an entry, if any.
    var firstError: rd_kafka_resp_err_t? {
        for index in 0..<count where error(at: index) != RD_KAFKA_RESP_ERR_NO_ERROR { return error(at: index) }
        return nil
    }

    /// Copies a list that the library owns.
    static func partitions(
        of list: UnsafePointer<rd_kafka_topic_partition_list_t>
    ) -> [TopicPartition] {
        (0..<Int(list.pointee.cnt)).map { partition(list.pointee.elems[$0]) }
    }

    private static func partition(_ entry: rd_kafka_topic_partition_t) -> TopicPartition {
        TopicPartition(entry.topic.map { String(cString: $0) } ?? "", entry.partition)
    }
}
