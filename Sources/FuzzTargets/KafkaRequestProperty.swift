import KafkaProtocol

/// A request that can be read can be written again, and reads as the same request then.
enum KafkaRequestProperty {
    static func check(_ frame: [UInt8]) throws(FuzzFailure) {
        let header: RequestHeader
        let body: ArraySlice<UInt8>
        do throws(WireError) {
            (header, body) = try RequestHeader.decode(frame[...])
        } catch {
            return
        }
        guard let api = header.api else { return }
        try check(api, body, header.version)
    }

    private static func check<Request: KafkaRequest & Equatable>(
        _ type: Request.Type,
        _ body: ArraySlice<UInt8>,
        _ version: Int16
    ) throws(FuzzFailure) {
        let request: Request
        do throws(WireError) {
            request = try Request(received: body, version: version)
        } catch {
            return
        }
        let written: [UInt8]
        do throws(WireError) {
            var coder = FieldCoder(writing: version, isFlexible: Request.api.isFlexible(version))
            try request.write(to: &coder)
            written = coder.output
        } catch {
            // Text that is no UTF-8 is repaired when it is read, and may have become too long for its length field.
            if case .invalidLength = error { return }
            throw FuzzFailure("\(type) v\(version) was read and can't be written: \(error)")
        }
        do throws(WireError) {
            guard try Request(decoding: written[...], version: version) != request else { return }
        } catch {
            throw FuzzFailure("\(type) v\(version) was written and can't be read: \(error)")
        }
        throw FuzzFailure("\(type) v\(version) is another request after writing and reading")
    }

    private static func check(_ api: APIKey, _ body: ArraySlice<UInt8>, _ version: Int16) throws(FuzzFailure) {
        switch api {
        case .produce: try check(ProduceRequest.self, body, version)
        case .fetch: try check(FetchRequest.self, body, version)
        case .listOffsets: try check(ListOffsetsRequest.self, body, version)
        case .metadata: try check(MetadataRequest.self, body, version)
        case .offsetCommit: try check(OffsetCommitRequest.self, body, version)
        case .offsetFetch: try check(OffsetFetchRequest.self, body, version)
        case .findCoordinator: try check(FindCoordinatorRequest.self, body, version)
        case .joinGroup: try check(JoinGroupRequest.self, body, version)
        case .heartbeat: try check(HeartbeatRequest.self, body, version)
        case .leaveGroup: try check(LeaveGroupRequest.self, body, version)
        case .syncGroup: try check(SyncGroupRequest.self, body, version)
        case .describeGroups: try check(DescribeGroupsRequest.self, body, version)
        case .listGroups: try check(ListGroupsRequest.self, body, version)
        case .saslHandshake: try check(SaslHandshakeRequest.self, body, version)
        case .apiVersions: try check(ApiVersionsRequest.self, body, version)
        case .createTopics: try check(CreateTopicsRequest.self, body, version)
        case .deleteTopics: try check(DeleteTopicsRequest.self, body, version)
        case .deleteRecords: try check(DeleteRecordsRequest.self, body, version)
        case .initProducerId: try check(InitProducerIdRequest.self, body, version)
        case .offsetForLeaderEpoch: try check(OffsetForLeaderEpochRequest.self, body, version)
        case .addPartitionsToTxn: try check(AddPartitionsToTxnRequest.self, body, version)
        case .addOffsetsToTxn: try check(AddOffsetsToTxnRequest.self, body, version)
        case .endTxn: try check(EndTxnRequest.self, body, version)
        case .writeTxnMarkers: try check(WriteTxnMarkersRequest.self, body, version)
        case .txnOffsetCommit: try check(TxnOffsetCommitRequest.self, body, version)
        case .describeConfigs: try check(DescribeConfigsRequest.self, body, version)
        case .alterConfigs: try check(AlterConfigsRequest.self, body, version)
        case .describeLogDirs: try check(DescribeLogDirsRequest.self, body, version)
        case .saslAuthenticate: try check(SaslAuthenticateRequest.self, body, version)
        case .createPartitions: try check(CreatePartitionsRequest.self, body, version)
        case .deleteGroups: try check(DeleteGroupsRequest.self, body, version)
        case .incrementalAlterConfigs: try check(IncrementalAlterConfigsRequest.self, body, version)
        case .offsetDelete: try check(OffsetDeleteRequest.self, body, version)
        case .describeCluster: try check(DescribeClusterRequest.self, body, version)
        case .describeProducers: try check(DescribeProducersRequest.self, body, version)
        case .describeTransactions: try check(DescribeTransactionsRequest.self, body, version)
        case .listTransactions: try check(ListTransactionsRequest.self, body, version)
        }
    }
}
