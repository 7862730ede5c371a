internal import CRDKafka
public import StreamCore

extension KafkaAdmin {
    /// Names of the consumer groups, sorted.
    public func groups() throws(KafkaError) -> [String] {
        let event = try admin.run(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPS, "list groups") { client, options, queue in
            rd_kafka_ListConsumerGroups(client, options, queue)
        }
        let result = rd_kafka_event_ListConsumerGroups_result(event.pointer)
        var count = 0
        if let errors = rd_kafka_ListConsumerGroups_result_errors(result, &count), count > 0, let first = errors[0] {
            throw admin.error(rd_kafka_error_code(first), String(cString: rd_kafka_error_string(first)), "list groups")
        }
        let listings = rd_kafka_ListConsumerGroups_result_valid(result, &count)
        return (0..<count).compactMap { index in
            listings?[index].flatMap { rd_kafka_ConsumerGroupListing_group_id($0) }.map { String(cString: $0) }
        }.sorted()
    }

    /// A group's committed next offsets, nil where nothing was committed; in the order of `partitions`.
    public func committedOffsets(
        ofGroup group: String,
        _ partitions: [TopicPartition]
    ) throws(KafkaError) -> [Int64?] {
        guard !partitions.isEmpty else { return [] }
        let list = PartitionList(partitions)
        let request = rd_kafka_ListConsumerGroupOffsets_new(group, list.pointer)
        defer { rd_kafka_ListConsumerGroupOffsets_destroy(request) }
        var requests: [OpaquePointer?] = [request]
        let event = try admin.run(RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS, "offsets of \(group)") {
            client,
            options,
            queue in
            rd_kafka_ListConsumerGroupOffsets(client, &requests, 1, options, queue)
        }
        var count = 0
        let results = rd_kafka_ListConsumerGroupOffsets_result_groups(
            rd_kafka_event_ListConsumerGroupOffsets_result(event.pointer),
            &count
        )
        guard count == 1, let result = results?[0] else { return partitions.map { _ in nil } }
        if let error = rd_kafka_group_result_error(result) {
            throw admin.error(
                rd_kafka_error_code(error),
                String(cString: rd_kafka_error_string(error)),
                "offsets of \(group)"
            )
        }
        return offsets(of: partitions, in: rd_kafka_group_result_partitions(result))
    }

    private func offsets(
        of partitions: [TopicPartition],
        in list: UnsafePointer<rd_kafka_topic_partition_list_t>?
    ) -> [Int64?] {
        guard let list else { return partitions.map { _ in nil } }
        let found = zip(PartitionList.partitions(of: list), 0..<Int(list.pointee.cnt))
        var offsets: [TopicPartition: Int64] = [:]
        for (partition, index) in found where list.pointee.elems[index].offset >= 0 {
            offsets[partition] = list.pointee.elems[index].offset
        }
        return partitions.map { offsets[$0] }
    }
}
