import KafkaProtocol

/// Every message type once, so that tests can go through all of them.
enum MessageSamples {
    /// Calls `body` with each request type.
    static func forEachRequest(_ body: (any KafkaRequest.Type) throws -> Void) rethrows {
        let types: [any KafkaRequest.Type] = [
            ProduceRequest.self, FetchRequest.self, ListOffsetsRequest.self, MetadataRequest.self,
            OffsetCommitRequest.self, OffsetFetchRequest.self, FindCoordinatorRequest.self, JoinGroupRequest.self,
            HeartbeatRequest.self, LeaveGroupRequest.self, SyncGroupRequest.self, DescribeGroupsRequest.self,
            ListGroupsRequest.self, SaslHandshakeRequest.self, ApiVersionsRequest.self, CreateTopicsRequest.self,
            DeleteTopicsRequest.self, DeleteRecordsRequest.self, InitProducerIdRequest.self,
            OffsetForLeaderEpochRequest.self, AddPartitionsToTxnRequest.self, AddOffsetsToTxnRequest.self,
            EndTxnRequest.self, TxnOffsetCommitRequest.self, DescribeConfigsRequest.self, AlterConfigsRequest.self,
            DescribeLogDirsRequest.self, SaslAuthenticateRequest.self, CreatePartitionsRequest.self,
            DeleteGroupsRequest.self, IncrementalAlterConfigsRequest.self, OffsetDeleteRequest.self,
            DescribeClusterRequest.self, DescribeProducersRequest.self, DescribeTransactionsRequest.self,
            ListTransactionsRequest.self, WriteTxnMarkersRequest.self,
        ]
        for type in types { try body(type) }
    }

    /// Bytes that are a valid body of the type: reads them out of a seeded stream until the decoder is content.
    ///
    /// The stream offers small lengths, so that arrays and strings stay short.
    static func validBody(_ type: any KafkaMessage.Type, version: Int16, seed: UInt64) -> [UInt8]? {
        for attempt in UInt64(0)..<60 {
            if let bytes = grow(type, version: version, seed: seed &* 1_000 &+ attempt) { return bytes }
        }
        return nil
    }

    /// One attempt; some streams lead nowhere.
    private static func grow(_ type: any KafkaMessage.Type, version: Int16, seed: UInt64) -> [UInt8]? {
        var random = SplitMix64(state: seed)
        var bytes: [UInt8] = []
        for _ in 0..<600 {
            do throws(WireError) {
                _ = try type.init(decoding: bytes[...], version: version)
                return bytes
            } catch {
                switch error {
                case .trailingBytes(let count): bytes.removeLast(count)
                case .invalidLength(let length) where length < 0 || length > 2:
                    // A length of four bytes, or one of two: make it small.
                    for index in bytes.indices.suffix(4) { bytes[index] = 0 }
                    bytes[bytes.count - 1] = UInt8(random.next() % 3)
                case .truncated, .invalidLength: bytes.append(UInt8(random.next() % 3))
                default:
                    guard !bytes.isEmpty else { return nil }
                    bytes[bytes.count - 1] = UInt8(random.next() % 3)
                }
            }
        }
        return nil
    }
}

/// A small seeded generator (Steele, Lea, Flood 2014), so that a failing run can be repeated.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
