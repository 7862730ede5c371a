import KafkaProtocol

extension Broker {
    /// The versions this broker serves; nil if it does not serve the API.
    ///
    /// Fetch begins at 4, the first version whose clients read record batches of format 2. Produce is listed from 0, as
    /// librdkafka takes its absence for a broker that knows no compression, but versions before 3 are refused.
    static func servedVersions(_ api: APIKey) -> ClosedRange<Int16>? {
        switch api {
        case .fetch: 4...17
        default: api.versions
        }
    }

    func apiVersions() -> ApiVersionsResponse {
        var response = ApiVersionsResponse()
        for api in APIKey.allCases {
            guard let versions = Self.servedVersions(api) else { continue }
            var entry = ApiVersionsResponse.ApiVersion()
            entry.apiKey = api.rawValue
            entry.minVersion = versions.lowerBound
            entry.maxVersion = versions.upperBound
            response.apiKeys.append(entry)
        }
        return response
    }

    /// One line for each API: which function serves it.
    func dispatch(_ api: APIKey, _ incoming: Incoming) throws(WireError) {
        switch api {
        case .produce: try produce(incoming)
        case .fetch: try fetch(incoming)
        case .listOffsets: try incoming.answerLater(listOffsets)
        case .metadata: try incoming.answerLater(metadata)
        case .apiVersions: try incoming.answer { (_: ApiVersionsRequest, _) in apiVersions() }
        case .createTopics: try incoming.answerLater(createTopics)
        case .deleteTopics: try incoming.answerLater(deleteTopics)
        case .deleteRecords: try incoming.answerLater(deleteRecords)
        case .createPartitions: try incoming.answerLater(createPartitions)
        case .describeConfigs: try incoming.answer(describeConfigs)
        case .alterConfigs: try incoming.answerLater(alterConfigs)
        case .incrementalAlterConfigs: try incoming.answerLater(incrementalAlterConfigs)
        case .offsetForLeaderEpoch: try incoming.answer(offsetForLeaderEpoch)
        case .describeCluster: try incoming.answer(describeCluster)
        case .describeLogDirs: try incoming.answer(describeLogDirs)
        case .describeProducers: try incoming.answer(describeProducers)
        case .saslHandshake: try saslHandshake(incoming)
        case .saslAuthenticate: try saslAuthenticate(incoming)
        default: try dispatchCoordinators(api, incoming)
        }
    }

    private func dispatchCoordinators(_ api: APIKey, _ incoming: Incoming) throws(WireError) {
        switch api {
        case .findCoordinator: try incoming.answer(findCoordinator)
        case .joinGroup: try incoming.answerLater(groups.join)
        case .syncGroup: try incoming.answerLater(groups.sync)
        case .heartbeat: try incoming.answer(groups.heartbeat)
        case .leaveGroup: try incoming.answerLater(groups.leave)
        case .describeGroups: try incoming.answer(groups.describe)
        case .listGroups: try incoming.answer(groups.list)
        case .deleteGroups: try incoming.answerLater(groups.delete)
        case .offsetCommit: try incoming.answerLater(offsetCommit)
        case .offsetFetch: try incoming.answer(groups.fetchOffsets)
        case .offsetDelete: try incoming.answerLater(groups.deleteOffsets)
        case .initProducerId: try incoming.answerLater(transactions.initProducerId)
        case .addPartitionsToTxn: try incoming.answerLater(transactions.addPartitions)
        case .addOffsetsToTxn: try incoming.answerLater(transactions.addOffsets)
        case .writeTxnMarkers: try incoming.answerLater(transactions.writeMarkers)
        case .endTxn: try incoming.answerLater(transactions.end)
        case .txnOffsetCommit: try incoming.answerLater(txnOffsetCommit)
        case .describeTransactions: try incoming.answer(transactions.describe)
        case .listTransactions: try incoming.answer(transactions.list)
        default: incoming.respond(.close(reason: "API \(api) is not served"))
        }
    }
}
