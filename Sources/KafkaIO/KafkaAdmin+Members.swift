internal import CRDKafka
public import StreamCore

/// A consumer group as its coordinator describes it.
public struct KafkaGroupDescription: Sendable, Equatable {
    /// A member, and the partitions that it was given.
    public struct Member: Sendable, Equatable {
        public var memberID: String
        public var clientID: String
        /// The lasting name of a static member, nil for others.
        public var instanceID: String?
        /// Where it is connected from, as the broker saw it.
        public var host: String
        public var partitions: [TopicPartition]
    }

    public var group: String
    /// `Stable`, `Empty`, `PreparingRebalance`, `CompletingRebalance` or `Dead`.
    public var state: String
    public var members: [Member]
}

extension KafkaAdmin {
    /// Describes groups, in the order of `names`; one that does not exist is `Dead` or `Empty`, without members.
    public func describeGroups(_ names: [String]) throws(KafkaError) -> [KafkaGroupDescription] {
        guard !names.isEmpty else { return [] }
        var found: [String: KafkaGroupDescription] = [:]
        // One request for each: coordinators may differ, and one that fails names its group.
        for name in names { found[name] = try describeGroup(name) }
        return names.compactMap { found[$0] }
    }

    private func describeGroup(_ name: String) throws(KafkaError) -> KafkaGroupDescription {
        let what = "describe group \(name)"
        let event = try admin.run(RD_KAFKA_ADMIN_OP_DESCRIBECONSUMERGROUPS, what) { client, options, queue in
            name.withCString { pointer in
                var names: [UnsafePointer<CChar>?] = [pointer]
                rd_kafka_DescribeConsumerGroups(client, &names, 1, options, queue)
            }
        }
        var count = 0
        let groups = rd_kafka_DescribeConsumerGroups_result_groups(
            rd_kafka_event_DescribeConsumerGroups_result(event.pointer),
            &count
        )
        guard count == 1, let group = groups?[0] else {
            throw KafkaError(.retry, code: "NO_ANSWER", message: "\(what): the answer is empty")
        }
        if let error = rd_kafka_ConsumerGroupDescription_error(group) {
            let code = rd_kafka_error_code(error)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR {
                throw admin.error(code, String(cString: rd_kafka_error_string(error)), what)
            }
        }
        let state = rd_kafka_consumer_group_state_name(rd_kafka_ConsumerGroupDescription_state(group))
        let members = (0..<rd_kafka_ConsumerGroupDescription_member_count(group)).compactMap { index in
            rd_kafka_ConsumerGroupDescription_member(group, index).map { member($0) }
        }
        return KafkaGroupDescription(
            group: name,
            state: state.map { String(cString: $0) } ?? "Unknown",
            members: members
        )
    }

    private func member(_ pointer: OpaquePointer) -> KafkaGroupDescription.Member {
        func text(_ value: UnsafePointer<CChar>?) -> String { value.map { String(cString: $0) } ?? "" }
        let assignment = rd_kafka_MemberDescription_assignment(pointer)
        let list = assignment.flatMap { rd_kafka_MemberAssignment_partitions($0) }
        let instance = text(rd_kafka_MemberDescription_group_instance_id(pointer))
        return KafkaGroupDescription.Member(
            memberID: text(rd_kafka_MemberDescription_consumer_id(pointer)),
            clientID: text(rd_kafka_MemberDescription_client_id(pointer)),
            instanceID: instance.isEmpty ? nil : instance,
            host: text(rd_kafka_MemberDescription_host(pointer)),
            partitions: list.map { PartitionList.partitions(of: $0).sorted() } ?? []
        )
    }
}
