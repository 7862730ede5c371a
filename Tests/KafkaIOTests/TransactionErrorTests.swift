import KafkaIO
import StreamCore
import Testing

/// Every error that a broker can send in a transaction, injected by librdkafka's mock cluster, and the reaction that comes of it.
@Suite("Errors in a transaction", .ownThread, .timeLimit(.minutes(3)))
struct TransactionErrorTests {
    /// A request of the protocol, and where in a transaction it is made.
    enum Request: Int16, CaseIterable, Sendable {
        case produce = 0
        case initProducerID = 22
        case addPartitions = 24
        case addOffsets = 25
        case endTransaction = 26
        case commitOffsets = 28
    }

    struct Case: Sendable, CustomTestStringConvertible {
        var request: Request
        /// The protocol's number of the error.
        var code: Int32
        /// Nil: the library overcomes it, and the transaction is committed.
        var reaction: LogError.Reaction?

        var testDescription: String { "\(request) \(code)" }
    }

    static func cases(_ request: Request, _ reactions: [(LogError.Reaction?, [Int32])]) -> [Case] {
        reactions.flatMap { reaction, codes in codes.map { Case(request: request, code: $0, reaction: reaction) } }
    }

    static let produce = cases(
        .produce,
        [
            // NOT_LEADER_FOR_PARTITION, LEADER_NOT_AVAILABLE, UNKNOWN_TOPIC_OR_PART, REQUEST_TIMED_OUT, NOT_ENOUGH_REPLICAS,
            // NOT_ENOUGH_REPLICAS_AFTER_APPEND, KAFKA_STORAGE_ERROR
            (nil, [6, 5, 3, 7, 19, 20, 56]),
            // NETWORK_EXCEPTION
            (.abortAndRedo, [13]),
            // MSG_SIZE_TOO_LARGE, RECORD_LIST_TOO_LARGE, INVALID_MSG, TOPIC_EXCEPTION, INVALID_REQUIRED_ACKS,
            // TOPIC_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED, INVALID_TIMESTAMP, UNSUPPORTED_FOR_MESSAGE_FORMAT,
            // POLICY_VIOLATION, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, INVALID_RECORD
            (.fatal, [10, 18, 2, 17, 21, 29, 31, 32, 43, 44, 53, 87]),
            // OUT_OF_ORDER_SEQUENCE_NUMBER, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, INVALID_PRODUCER_ID_MAPPING,
            // UNKNOWN_PRODUCER_ID, PRODUCER_FENCED
            (.fenced, [45, 47, 48, 49, 59, 90]),
        ]
    )

    /// In these and the following: 14 COORDINATOR_LOAD_IN_PROGRESS, 15 COORDINATOR_NOT_AVAILABLE, 16 NOT_COORDINATOR,
    /// 51 CONCURRENT_TRANSACTIONS.
    static let initProducerID = cases(
        .initProducerID,
        [
            // UNSUPPORTED_VERSION: the library asks again.
            (nil, [14, 15, 16, 51, 35]),
            // INVALID_TRANSACTION_TIMEOUT, TRANSACTIONAL_ID_AUTHORIZATION_FAILED, CLUSTER_AUTHORIZATION_FAILED
            (.fatal, [50, 53, 31]),
            (.fenced, [47, 90]),
        ]
    )

    static let addPartitions = cases(
        .addPartitions,
        [
            (nil, [14, 15, 16, 51, 3]),
            (.fatal, [29, 53, 31]),
            (.fenced, [47, 48, 49, 90]),
        ]
    )

    static let addOffsets = cases(
        .addOffsets,
        [
            (nil, [14, 15, 16, 51]),
            // GROUP_AUTHORIZATION_FAILED
            (.fatal, [30, 53]),
            (.fenced, [47, 48, 49, 90]),
        ]
    )

    static let commitOffsets = cases(
        .commitOffsets,
        [
            (nil, [14, 15, 16, 7, 3]),
            // REBALANCE_IN_PROGRESS
            (.abortAndRedo, [27]),
            // OFFSET_METADATA_TOO_LARGE
            (.fatal, [12, 30, 53]),
            // FENCED_INSTANCE_ID
            (.rejoin, [82]),
            // ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID
            (.fenced, [22, 25, 47, 90]),
        ]
    )

    static let endTransaction = cases(
        .endTransaction,
        [
            (nil, [14, 15, 16, 51]),
            (.fatal, [53]),
            (.fenced, [47, 48, 49, 90]),
        ]
    )

    static let all = produce + initProducerID + addPartitions + addOffsets + commitOffsets + endTransaction

    @Test("each has its reaction", arguments: all)
    func reaction(one: Case) throws {
        let cluster = try KafkaMockCluster(brokerCount: 1)
        cluster.createTopic("in", partitions: 1)
        cluster.createTopic("out", partitions: 1)
        let settings = KafkaSettings(brokers: [cluster.brokers], clientID: "errors")
        let options = KafkaLog.Options(
            groupID: "group",
            transactionalID: "errors",
            transactionTimeoutMilliseconds: 10_000
        )
        var log = try KafkaLog(settings: settings, options: options)
        if one.request != .initProducerID { try log.beginTransaction() }
        cluster.failNext(apiKey: one.request.rawValue, with: [one.code])
        var error = transact(&log)
        #expect(error?.reaction == one.reaction, "\(String(describing: error))")
        // Doing what the reaction says leads to a committed transaction, at once or after being fenced on top of it.
        for _ in 0..<2 {
            guard let reaction = error?.reaction, reaction != .fatal else { break }
            if reaction == .fenced || reaction == .rejoin { try log.renewProducer() } else { try log.abort() }
            error = transact(&log)
        }
        #expect(error == nil || one.reaction == .fatal, "\(String(describing: error))")
        log.close()
    }

    private func transact(_ log: inout KafkaLog) -> LogError? {
        do throws(LogError) {
            try log.beginTransaction()
            try log.produce(topic: "out", partition: 0, key: bytes("k"), value: bytes("v"))
            try log.commit([PartitionPosition(TopicPartition("in", 0), nextOffset: 1)])
            return nil
        } catch {
            return error
        }
    }

    @Test("the table of this test holds every request, and every code of it that the library knows has a row")
    func completeness() {
        #expect(Set(Self.all.map(\.request)) == Set(Request.allCases))
        let named = Set(ErrorTable.unconditional.keys).union(ErrorTable.unflagged.keys)
        for code in Set(Self.all.map(\.code)) {
            let name = ErrorTable.name(ofCode: code)
            #expect(named.contains(name), "\(code) \(name)")
        }
    }
}
