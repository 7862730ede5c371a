import KafkaProtocol
import LogStorage
import Logging
import Synchronization

/// The coordinator of all transactional ids, stored in `__transaction_state`.
///
/// A transaction ends in two steps: the decision is made durable, then markers are written to every partition and made
/// durable, then the client hears of it. A broker that dies between the steps goes on with the second at its start.
final class TransactionCoordinator: Sendable {
    let configuration: EmbeddedLogConfiguration
    let state: Mutex<[String: TransactionState]>
    let log: InternalLog
    let topics: TopicRegistry
    let scheduler: FlushScheduler
    let producerIds: ProducerIds
    let groups: GroupCoordinator
    let metrics: BrokerMetrics
    /// Monotonic milliseconds at which unfinished endings are tried again.
    let retryAt = Mutex(Int64(0))

    /// Reads the states back from the log. What was decided and not carried out is taken up by the first `tick`.
    init(
        configuration: EmbeddedLogConfiguration,
        log: InternalLog,
        topics: TopicRegistry,
        scheduler: FlushScheduler,
        producerIds: ProducerIds,
        groups: GroupCoordinator,
        metrics: BrokerMetrics
    ) throws {
        self.configuration = configuration
        self.log = log
        self.topics = topics
        self.scheduler = scheduler
        self.producerIds = producerIds
        self.groups = groups
        self.metrics = metrics
        let now = groups.now
        var found: [String: TransactionState] = [:]
        try log.replay { entry in
            guard case .record(let record) = entry else { return }
            let key = try TransactionLogKey(decoding: record.key)
            guard let bytes = record.value else {
                found[key.transactionalId] = nil
                return
            }
            let value = try TransactionLogValue(decoding: bytes)
            guard let state = TransactionState(id: key.transactionalId, stored: value, now: now) else {
                throw EmbeddedLogError.internalTopic("unknown transaction status \(value.transactionStatus)")
            }
            found[key.transactionalId] = state
        }
        state = Mutex(found)
    }

    var now: Group.Now { groups.now }

    // MARK: Writing

    /// Makes `next` durable, then the present state, then calls `completion`. The caller has set `isChanging`.
    func store(_ next: TransactionState, _ completion: @escaping @Sendable (ErrorCode) -> Void) {
        do throws(WireError) {
            var key = TransactionLogKey()
            key.transactionalId = next.id
            let record = (key: try key.encoded(version: 0), value: Optional(try next.stored.encoded(version: 0)))
            log.append([record]) { [self] result in
                switch result {
                case .success:
                    state.withLock {
                        var settled = next
                        settled.isChanging = false
                        $0[next.id] = settled
                    }
                    completion(.none)
                case .failure(let error):
                    abandon(next.id)
                    configuration.logger.error(
                        "transaction state not stored",
                        metadata: [
                            "code": "ERR_BROKER_TRANSACTION", "id": "\(next.id)", "phase": "\(next.phase.name)",
                            "error": "\(error)",
                        ]
                    )
                    completion(.coordinatorNotAvailable)
                }
            }
        } catch {
            abandon(next.id)
            completion(.unknownServerError)
        }
    }

    func abandon(_ id: String) {
        state.withLock { $0[id]?.isChanging = false }
    }

    /// What a request does with the state it finds: refuse, or begin a change.
    enum Decision: Sendable {
        case answer(ErrorCode)
        case change(TransactionState)
    }

    /// Decides under the lock. A change begun marks the id as changing.
    func decide(_ id: String, _ body: (TransactionState?) -> Decision) -> Decision {
        state.withLock { states in
            let decision = body(states[id])
            if case .change(var next) = decision {
                next.isChanging = true
                if states[id] == nil {
                    states[id] = next
                } else {
                    states[id]?.isChanging = true
                }
            }
            return decision
        }
    }

    // MARK: Checking

    /// Whether the producer has an ongoing transaction that includes the partition.
    func check(
        transactionalId: String,
        producerId: Int64,
        producerEpoch: Int16,
        partition: TopicPartition
    ) -> ErrorCode {
        state.withLock { states in
            guard let present = states[transactionalId], present.producerId == producerId else {
                return .invalidProducerIdMapping
            }
            guard present.epoch == producerEpoch else { return .invalidProducerEpoch }
            guard present.phase == .ongoing, present.partitions.contains(partition) else {
                return .invalidTransactionState
            }
            return .none
        }
    }

    /// Why records of a transaction may not be appended; nil if they may. Without this check a delayed batch could open
    /// a transaction in a partition that no marker would ever end.
    func refusal(
        of records: ArraySlice<UInt8>,
        _ transactionalId: String?,
        _ topic: String,
        _ partition: Int32
    ) -> ErrorCode? {
        let header: RecordBatchHeader? = records.withUnsafeBytes { bytes in
            do throws(RecordBatchError) {
                return try RecordBatchHeader(parsing: bytes)
            } catch {
                // What is no batch is refused by the log.
                return nil
            }
        }
        guard let header, header.isTransactional else { return nil }
        guard let transactionalId else { return .invalidTransactionState }
        let code = check(
            transactionalId: transactionalId,
            producerId: header.producerId,
            producerEpoch: header.producerEpoch,
            partition: TopicPartition(topic: topic, partition: partition)
        )
        return code == .none ? nil : code
    }

    // MARK: Time

    /// Aborts transactions whose time is over, and goes on with endings that were interrupted.
    func tick() {
        let now = now
        let isRetry = retryAt.withLock { retryAt in
            guard retryAt <= now.monotonic else { return false }
            retryAt = now.monotonic + 1_000
            return true
        }
        let (late, unfinished): ([String], [String]) = state.withLock { states in
            let idle = states.values.filter { !$0.isChanging }
            return (
                idle.filter { $0.phase == .ongoing && $0.deadline <= now.monotonic }.map { $0.id },
                isRetry ? idle.filter { $0.phase.marker != nil }.map { $0.id } : []
            )
        }
        for id in late {
            metrics.transactionTimedOut()
            configuration.logger.info("transaction timed out", metadata: ["id": "\(id)"])
            end(id, .abort, fencing: true) { _ in }
        }
        for id in unfinished { finish(id) { _ in } }
    }
}
