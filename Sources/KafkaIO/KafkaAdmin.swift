internal import CRDKafka
public import StreamCore

/// Administration of topics and groups. Every call blocks the calling thread, for at most the timeout.
public final class KafkaAdmin: Sendable {
    private let handle: ClientHandle
    private let timeoutMilliseconds: Int32

    var admin: AdminCall { AdminCall(handle: handle, timeoutMilliseconds: timeoutMilliseconds) }

    /// - Parameter timeoutMilliseconds: bound of each call.
    /// - Throws: `KafkaError` (fatal) when the settings are refused.
    public init(
        settings: KafkaSettings,
        timeoutMilliseconds: Int32 = 15_000,
        notices: KafkaNoticeHandler? = nil
    ) throws(KafkaError) {
        let configuration = try ClientConfiguration(settings, kind: .producer)
        handle = try ClientHandle(configuration, .producer, ClientContext(notices))
        self.timeoutMilliseconds = timeoutMilliseconds
    }

    /// All topics, sorted by name.
    public func topics() throws(KafkaError) -> [KafkaTopic] {
        var pointer: UnsafePointer<rd_kafka_metadata>?
        let code = rd_kafka_metadata(handle.pointer, 1, nil, &pointer, timeoutMilliseconds)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let metadata = pointer else {
            throw admin.error(code, nil, "list topics")
        }
        defer { rd_kafka_metadata_destroy(metadata) }
        let topics = (0..<Int(metadata.pointee.topic_cnt)).compactMap { index -> KafkaTopic? in
            let topic = metadata.pointee.topics[index]
            guard topic.err == RD_KAFKA_RESP_ERR_NO_ERROR, let name = topic.topic else { return nil }
            let replicas = topic.partition_cnt > 0 ? topic.partitions[0].replica_cnt : 0
            return KafkaTopic(
                name: String(cString: name),
                partitionCount: topic.partition_cnt,
                replicationFactor: replicas
            )
        }
        return topics.sorted { $0.name < $1.name }
    }

    /// Creates topics. Topics that could be created stay when another one fails.
    /// - Throws: the first topic's error; `.reject` with code `TOPIC_ALREADY_EXISTS` where it exists.
    public func createTopics(_ topics: [NewKafkaTopic]) throws(KafkaError) {
        guard !topics.isEmpty else { return }
        var requests: [OpaquePointer?] = []
        defer { rd_kafka_NewTopic_destroy_array(&requests, requests.count) }
        for topic in topics { requests.append(try request(topic)) }
        let event = try admin.run(RD_KAFKA_ADMIN_OP_CREATETOPICS, "create topics") { client, options, queue in
            rd_kafka_CreateTopics(client, &requests, requests.count, options, queue)
        }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(
            rd_kafka_event_CreateTopics_result(event.pointer),
            &count
        )
        try admin.check(results, count, "create topic")
    }

    private func request(_ topic: NewKafkaTopic) throws(KafkaError) -> OpaquePointer {
        var reason = [CChar](repeating: 0, count: 256)
        guard
            let request = rd_kafka_NewTopic_new(
                topic.name,
                topic.partitionCount,
                topic.replicationFactor,
                &reason,
                reason.count
            )
        else {
            throw KafkaError(.reject, code: "_INVALID_ARG", message: "create topic \(topic.name): \(text(reason))")
        }
        for (name, value) in topic.configs.sorted(by: { $0.key < $1.key }) {
            rd_kafka_NewTopic_set_config(request, name, value)
        }
        return request
    }

    /// Raises the number of partitions of a topic to `total`. Keys move: only for topics whose order by key may break.
    public func growPartitions(of topic: String, to total: Int32) throws(KafkaError) {
        var reason = [CChar](repeating: 0, count: 256)
        guard let request = rd_kafka_NewPartitions_new(topic, Int(total), &reason, reason.count) else {
            throw KafkaError(.reject, code: "_INVALID_ARG", message: "partitions of \(topic): \(text(reason))")
        }
        defer { rd_kafka_NewPartitions_destroy(request) }
        var requests: [OpaquePointer?] = [request]
        let event = try admin.run(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, "create partitions") { client, options, queue in
            rd_kafka_CreatePartitions(client, &requests, 1, options, queue)
        }
        var count = 0
        let results = rd_kafka_CreatePartitions_result_topics(
            rd_kafka_event_CreatePartitions_result(event.pointer),
            &count
        )
        try admin.check(results, count, "create partitions of")
    }

    public func deleteTopics(_ names: [String]) throws(KafkaError) {
        guard !names.isEmpty else { return }
        var requests: [OpaquePointer?] = names.map { rd_kafka_DeleteTopic_new($0) }
        defer { rd_kafka_DeleteTopic_destroy_array(&requests, requests.count) }
        let event = try admin.run(RD_KAFKA_ADMIN_OP_DELETETOPICS, "delete topics") { client, options, queue in
            rd_kafka_DeleteTopics(client, &requests, requests.count, options, queue)
        }
        var count = 0
        let results = rd_kafka_DeleteTopics_result_topics(
            rd_kafka_event_DeleteTopics_result(event.pointer),
            &count
        )
        try admin.check(results, count, "delete topic")
    }

    /// Deletes records before the given offsets.
    public func deleteRecords(before positions: [PartitionPosition]) throws(KafkaError) {
        guard !positions.isEmpty else { return }
        let list = PartitionList(positions)
        let request = rd_kafka_DeleteRecords_new(list.pointer)
        defer { rd_kafka_DeleteRecords_destroy(request) }
        var requests: [OpaquePointer?] = [request]
        let event = try admin.run(RD_KAFKA_ADMIN_OP_DELETERECORDS, "delete records") { client, options, queue in
            rd_kafka_DeleteRecords(client, &requests, 1, options, queue)
        }
        let result = rd_kafka_event_DeleteRecords_result(event.pointer)
        guard let offsets = rd_kafka_DeleteRecords_result_offsets(result) else { return }
        for index in 0..<Int(offsets.pointee.cnt) {
            let code = offsets.pointee.elems[index].err
            guard code == RD_KAFKA_RESP_ERR_NO_ERROR else { throw admin.error(code, nil, "delete records") }
        }
    }

    /// First and one-past-last readable offsets of a partition (read committed), for lag.
    public func watermarks(of partition: TopicPartition) throws(KafkaError) -> (low: Int64, high: Int64) {
        let reader = PartitionReader(handle: handle, patience: Patience(timeoutMilliseconds: timeoutMilliseconds))
        do throws(LogError) {
            return try reader.watermarks(of: partition)
        } catch {
            throw KafkaError(error.reaction == .retry ? .retry : .fatal, code: error.code, message: error.message)
        }
    }
}
