internal import CRDKafka

extension KafkaAdmin {
    /// The settings of topics, by topic name, each sorted by name.
    public func configs(ofTopics names: [String]) throws(KafkaError) -> [String: [KafkaConfigEntry]] {
        guard !names.isEmpty else { return [:] }
        var requests: [OpaquePointer?] = names.map { rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, $0) }
        defer { rd_kafka_ConfigResource_destroy_array(&requests, requests.count) }
        let event = try admin.run(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, "describe configs") { client, options, queue in
            rd_kafka_DescribeConfigs(client, &requests, requests.count, options, queue)
        }
        var count = 0
        let resources = rd_kafka_DescribeConfigs_result_resources(
            rd_kafka_event_DescribeConfigs_result(event.pointer),
            &count
        )
        var result: [String: [KafkaConfigEntry]] = [:]
        for index in 0..<count {
            guard let resource = resources?[index] else { continue }
            let name = try checkedName(of: resource, "configs of")
            result[name] = entries(of: resource).sorted { $0.name < $1.name }
        }
        return result
    }

    /// Sets some settings of a topic and leaves the others as they are.
    ///
    /// The request of this library version replaces all settings of a topic, so the present ones are read first and sent along; a
    /// change made by somebody else in between is lost.
    public func setConfigs(ofTopic topic: String, _ changes: [String: String]) throws(KafkaError) {
        guard !changes.isEmpty else { return }
        var values: [String: String] = [:]
        for entry in try configs(ofTopics: [topic])[topic] ?? [] where entry.isSetOnTopic {
            values[entry.name] = entry.value
        }
        values.merge(changes) { _, changed in changed }
        let request = rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, topic)
        defer { rd_kafka_ConfigResource_destroy(request) }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            rd_kafka_ConfigResource_set_config(request, name, value)
        }
        var requests: [OpaquePointer?] = [request]
        let event = try admin.run(RD_KAFKA_ADMIN_OP_ALTERCONFIGS, "alter configs") { client, options, queue in
            rd_kafka_AlterConfigs(client, &requests, 1, options, queue)
        }
        var count = 0
        let resources = rd_kafka_AlterConfigs_result_resources(
            rd_kafka_event_AlterConfigs_result(event.pointer),
            &count
        )
        for index in 0..<count {
            guard let resource = resources?[index] else { continue }
            _ = try checkedName(of: resource, "alter configs of")
        }
    }

    private func checkedName(of resource: OpaquePointer, _ what: String) throws(KafkaError) -> String {
        let name = rd_kafka_ConfigResource_name(resource).map { String(cString: $0) } ?? ""
        let code = rd_kafka_ConfigResource_error(resource)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let reason = rd_kafka_ConfigResource_error_string(resource).map { String(cString: $0) }
            throw admin.error(code, reason, "\(what) \(name)")
        }
        return name
    }

    private func entries(of resource: OpaquePointer) -> [KafkaConfigEntry] {
        var count = 0
        guard let entries = rd_kafka_ConfigResource_configs(resource, &count) else { return [] }
        return (0..<count).compactMap { index in
            guard let entry = entries[index], let name = rd_kafka_ConfigEntry_name(entry) else { return nil }
            return KafkaConfigEntry(
                name: String(cString: name),
                value: rd_kafka_ConfigEntry_value(entry).map { String(cString: $0) },
                isSetOnTopic: rd_kafka_ConfigEntry_source(entry) == RD_KAFKA_CONFIG_SOURCE_DYNAMIC_TOPIC_CONFIG
            )
        }
    }
}
