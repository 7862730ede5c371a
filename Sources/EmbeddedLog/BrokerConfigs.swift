import KafkaProtocol
import LogStorage

extension Broker {
    /// The protocol's numbers for what a setting belongs to.
    private enum ResourceType {
        static let topic: Int8 = 2
        static let broker: Int8 = 4
    }

    // MARK: Describing

    func describeConfigs(_ request: DescribeConfigsRequest, _ context: RequestContext) -> DescribeConfigsResponse {
        var response = DescribeConfigsResponse()
        response.results = request.resources.map { resource in
            var result = DescribeConfigsResponse.DescribeConfigsResult()
            result.resourceType = resource.resourceType
            result.resourceName = resource.resourceName
            do throws(TopicRefusal) {
                let (entries, overrides, isBroker) = try settings(of: resource.resourceType, resource.resourceName)
                let wanted = resource.configurationKeys.flatMap { $0.isEmpty ? nil : Set($0) }
                result.configs = entries.filter { wanted?.contains($0.name) ?? true }.map { entry in
                    describe(entry, overrides, isBroker: isBroker, synonyms: request.includeSynonyms)
                }
            } catch {
                result.errorCode = error.code.rawValue
                result.errorMessage = error.message
            }
            return result
        }
        return response
    }

    private func settings(
        of type: Int8,
        _ name: String
    ) throws(TopicRefusal) -> (entries: [TopicConfigEntry], overrides: [String: String], isBroker: Bool) {
        switch type {
        case ResourceType.topic:
            guard Self.isValidTopicName(name) else { throw TopicRefusal(.invalidTopic, "Topic name is invalid.") }
            guard let topic = topics.topic(name), let log = topic.logs.first else {
                throw TopicRefusal(.unknownTopicOrPartition, "This server does not host this topic-partition.")
            }
            return (TopicConfigEntry.all(of: log.config), topic.description.overrides, false)
        case ResourceType.broker:
            guard name.isEmpty || name == "\(configuration.nodeId)" else {
                throw TopicRefusal(.invalidRequest, "Unexpected broker id, expected \(configuration.nodeId).")
            }
            return (brokerSettings, [:], true)
        default:
            throw TopicRefusal(.invalidRequest, "Unsupported resource type \(type).")
        }
    }

    private var brokerSettings: [TopicConfigEntry] {
        let limits = configuration.limits
        return [
            TopicConfigEntry(brokerSetting: "auto.create.topics.enable", configuration.autoCreateTopics, .boolean),
            TopicConfigEntry(brokerSetting: "broker.id", configuration.nodeId, .int),
            TopicConfigEntry(brokerSetting: "fetch.max.bytes", limits.maxFetchBytes, .int),
            TopicConfigEntry(
                brokerSetting: "group.initial.rebalance.delay.ms",
                configuration.initialRebalanceDelayMilliseconds,
                .int
            ),
            TopicConfigEntry(
                brokerSetting: "group.max.session.timeout.ms",
                configuration.maxSessionTimeoutMilliseconds,
                .int
            ),
            TopicConfigEntry(
                brokerSetting: "group.min.session.timeout.ms",
                configuration.minSessionTimeoutMilliseconds,
                .int
            ),
            TopicConfigEntry(brokerSetting: "log.dirs", directory.path, .string),
            TopicConfigEntry(brokerSetting: "max.connections", limits.maxConnections, .int),
            TopicConfigEntry(brokerSetting: "message.max.bytes", configuration.topicDefaults.maxMessageBytes, .int),
            TopicConfigEntry(brokerSetting: "num.partitions", configuration.defaultPartitions, .int),
            TopicConfigEntry(brokerSetting: "offset.metadata.max.bytes", limits.maxOffsetMetadataBytes, .int),
            TopicConfigEntry(
                brokerSetting: "offsets.retention.minutes",
                configuration.offsetsRetentionMilliseconds / 60_000,
                .int
            ),
            TopicConfigEntry(brokerSetting: "socket.request.max.bytes", limits.maxRequestBytes, .int),
            TopicConfigEntry(
                brokerSetting: "transaction.max.timeout.ms",
                configuration.maxTransactionTimeoutMilliseconds,
                .int
            ),
        ]
    }

    private func describe(
        _ entry: TopicConfigEntry,
        _ overrides: [String: String],
        isBroker: Bool,
        synonyms: Bool
    ) -> DescribeConfigsResponse.DescribeConfigsResult.DescribeConfigsResourceResult {
        var answer = DescribeConfigsResponse.DescribeConfigsResult.DescribeConfigsResourceResult()
        let source = isBroker ? TopicConfigEntry.Source.staticBroker : entry.source(overrides: overrides)
        answer.name = entry.name
        answer.value = entry.value
        answer.readOnly = isBroker
        answer.isDefault = source == TopicConfigEntry.Source.default
        answer.configSource = source
        answer.configType = entry.type.rawValue
        if synonyms {
            var synonym = DescribeConfigsResponse.DescribeConfigsResult.DescribeConfigsResourceResult
                .DescribeConfigsSynonym()
            synonym.name = entry.name
            synonym.value = entry.value
            synonym.source = source
            answer.synonyms = [synonym]
        }
        return answer
    }

    // MARK: Altering

    func alterConfigs(
        _ request: AlterConfigsRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (AlterConfigsResponse) -> Void
    ) {
        runBlocking { [self] in
            var response = AlterConfigsResponse()
            response.responses = request.resources.map { resource in
                var result = AlterConfigsResponse.AlterConfigsResourceResponse()
                result.resourceType = resource.resourceType
                result.resourceName = resource.resourceName
                do throws(TopicRefusal) {
                    var overrides: [String: String] = [:]
                    for config in resource.configs { overrides[config.name] = config.value }
                    let topic = try alterable(resource.resourceType, resource.resourceName)
                    try apply(overrides, to: topic, validateOnly: request.validateOnly)
                } catch {
                    result.errorCode = error.code.rawValue
                    result.errorMessage = error.message
                }
                return result
            }
            respond(response)
        }
    }

    func incrementalAlterConfigs(
        _ request: IncrementalAlterConfigsRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (IncrementalAlterConfigsResponse) -> Void
    ) {
        runBlocking { [self] in
            var response = IncrementalAlterConfigsResponse()
            response.responses = request.resources.map { resource in
                var result = IncrementalAlterConfigsResponse.AlterConfigsResourceResponse()
                result.resourceType = resource.resourceType
                result.resourceName = resource.resourceName
                do throws(TopicRefusal) {
                    let topic = try alterable(resource.resourceType, resource.resourceName)
                    var overrides = topic.description.overrides
                    for config in resource.configs { try change(&overrides, config, topic) }
                    try apply(overrides, to: topic, validateOnly: request.validateOnly)
                } catch {
                    result.errorCode = error.code.rawValue
                    result.errorMessage = error.message
                }
                return result
            }
            respond(response)
        }
    }

    private func alterable(_ type: Int8, _ name: String) throws(TopicRefusal) -> Topic {
        guard type == ResourceType.topic else {
            throw TopicRefusal(.invalidRequest, "Only the settings of topics can be altered.")
        }
        guard let topic = topics.topic(name) else {
            throw TopicRefusal(.unknownTopicOrPartition, "The topic '\(name)' does not exist.")
        }
        guard !topic.isInternal else {
            throw TopicRefusal(.invalidRequest, "\(name) is an internal topic.")
        }
        return topic
    }

    /// Operations: 0 set, 1 delete, 2 append to a list, 3 take from a list.
    private func change(
        _ overrides: inout [String: String],
        _ config: IncrementalAlterConfigsRequest.AlterConfigsResource.AlterableConfig,
        _ topic: Topic
    ) throws(TopicRefusal) {
        switch config.configOperation {
        case 0: overrides[config.name] = config.value
        case 1: overrides[config.name] = nil
        case 2, 3:
            let entries = topic.logs.first.map { TopicConfigEntry.all(of: $0.config) } ?? []
            guard let entry = entries.first(where: { $0.name == config.name }), entry.type == .list else {
                throw TopicRefusal(.invalidConfig, "\(config.name) is not a list.")
            }
            var items = (overrides[config.name] ?? entry.value).split(separator: ",").map { String($0) }
            let given = (config.value ?? "").split(separator: ",").map { String($0) }
            items.removeAll { given.contains($0) }
            if config.configOperation == 2 { items += given }
            overrides[config.name] = items.joined(separator: ",")
        default:
            throw TopicRefusal(.invalidRequest, "Unknown operation \(config.configOperation).")
        }
    }

    private func apply(_ overrides: [String: String], to topic: Topic, validateOnly: Bool) throws(TopicRefusal) {
        do throws(StorageError) {
            _ = try configuration.topicDefaults.applying(overrides)
            guard !validateOnly else { return }
            try directory.setOverrides(overrides, topic: topic.name)
        } catch {
            throw TopicRefusal(error)
        }
        topics.reload()
    }
}
