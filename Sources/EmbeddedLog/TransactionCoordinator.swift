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
    private let log: InternalLog
    private let topics: TopicRegistry
    private let scheduler: FlushScheduler
    private let producerIds: ProducerIds
    private let groups: GroupCoordinator
    /// Monotonic milliseconds at which unfinished endings are tried again.
    private let retryAt = Mutex(Int64(0))

    /// Reads the states back from the log. What was decided and not carried out is taken up by the first `tick`.
    init(
        configuration: EmbeddedLogConfiguration,
        log: InternalLog,
        topics: TopicRegistry,
        scheduler: FlushScheduler,
        producerIds: ProducerIds,
        groups: GroupCoordinator
    ) throws {
        self.configuration = configuration
        self.log = log
        self.topics = topics
        self.scheduler = scheduler
        self.producerIds = producerIds
        self.groups = groups
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

    private var now: Group.Now { groups.now }

    // MARK: Writing

    /// Makes `next` durable, then the present state, then calls `completion`. The caller has set `isChanging`.
    private func store(_ next: TransactionState, _ completion: @escaping @Sendable (ErrorCode) -> Void) {
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
                        metadata: ["id": "\(next.id)", "phase": "\(next.phase.name)", "error": "\(error)"]
                    )
                    completion(.coordinatorNotAvailable)
                }
            }
        } catch {
            abandon(next.id)
            completion(.unknownServerError)
        }
    }

    private func abandon(_ id: String) {
        state.withLock { $0[id]?.isChanging = false }
    }

    /// What a request does with the state it finds: refuse, or begin a change.
    private enum Decision: Sendable {
        case answer(ErrorCode)
        case change(TransactionState)
    }

    /// Decides under the lock. A change begun marks the id as changing.
    private func decide(_ id: String, _ body: (TransactionState?) -> Decision) -> Decision {
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

    // MARK: InitProducerId

    func initProducerId(
        _ request: InitProducerIdRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (InitProducerIdResponse) -> Void
    ) {
        guard let id = request.transactionalId else {
            producerIds.next { result in
                var response = InitProducerIdResponse()
                switch result {
                case .success(let producerId): response.producerId = producerId
                case .failure(let error):
                    response.errorCode = error.coordinatorCode.rawValue
                    response.producerEpoch = -1
                }
                respond(response)
            }
            return
        }
        guard !id.isEmpty else { return respond(Self.refusal(.invalidRequest)) }
        let timeouts = 1...configuration.maxTransactionTimeoutMilliseconds
        guard timeouts.contains(request.transactionTimeoutMs) else {
            return respond(Self.refusal(.invalidTransactionTimeout))
        }
        guard state.withLock({ $0[id] == nil }) else { return reinitialize(id, request, respond) }
        producerIds.next { [self] result in
            switch result {
            case .failure(let error): respond(Self.refusal(error.coordinatorCode))
            case .success(let producerId): create(id, producerId, request, respond)
            }
        }
    }

    private static func refusal(_ code: ErrorCode) -> InitProducerIdResponse {
        var response = InitProducerIdResponse()
        response.errorCode = code.rawValue
        response.producerEpoch = -1
        return response
    }

    private func create(
        _ id: String,
        _ producerId: Int64,
        _ request: InitProducerIdRequest,
        _ respond: @escaping @Sendable (InitProducerIdResponse) -> Void
    ) {
        let now = now
        let decision = decide(id) { present in
            guard present == nil else { return .answer(.concurrentTransactions) }
            var next = TransactionState(
                id: id,
                producerId: producerId,
                timeout: request.transactionTimeoutMs,
                updateTimestamp: now.wall
            )
            next.epoch = 0
            return .change(next)
        }
        initialize(decision, respond)
    }

    /// Stores the decided state and answers with its producer id and epoch.
    private func initialize(
        _ decision: Decision,
        _ respond: @escaping @Sendable (InitProducerIdResponse) -> Void
    ) {
        switch decision {
        case .answer(let code): respond(Self.refusal(code))
        case .change(let next):
            store(next) { code in
                guard code == .none else { return respond(Self.refusal(code)) }
                respond(Self.initialized(next))
            }
        }
    }

    private static func initialized(_ state: TransactionState) -> InitProducerIdResponse {
        var response = InitProducerIdResponse()
        response.producerId = state.producerId
        response.producerEpoch = state.epoch
        return response
    }

    private func reinitialize(
        _ id: String,
        _ request: InitProducerIdRequest,
        _ respond: @escaping @Sendable (InitProducerIdResponse) -> Void
    ) {
        enum Step: Sendable {
            case decided(Decision)
            case repeated(TransactionState)
            case fence
            case renew(TransactionState)
        }
        let now = now
        let step: Step = state.withLock { states in
            guard let present = states[id] else { return .decided(.answer(.concurrentTransactions)) }
            guard !present.isChanging else { return .decided(.answer(.concurrentTransactions)) }
            let isKnown =
                request.producerId < 0 || request.producerId == present.producerId
                || (request.producerId == present.lastProducerId
                    && request.producerEpoch >= TransactionState.lastUsableEpoch)
            guard isKnown else { return .decided(.answer(.producerFenced)) }
            switch present.phase {
            case .prepareCommit, .prepareAbort: return .decided(.answer(.concurrentTransactions))
            case .ongoing:
                let isCurrent = request.producerEpoch < 0 || request.producerEpoch == present.epoch
                return isCurrent ? .fence : .decided(.answer(.producerFenced))
            case .dead, .prepareEpochFence: return .decided(.answer(.producerFenced))
            case .empty, .completeCommit, .completeAbort: break
            }
            let expected = request.producerId == present.lastProducerId ? present.lastEpoch : request.producerEpoch
            switch present.initializing(timeout: request.transactionTimeoutMs, expectedEpoch: expected, now: now) {
            case .refused(let code): return .decided(.answer(code))
            case .repeated: return .repeated(present)
            case .needsProducerId:
                states[id]?.isChanging = true
                return .renew(present)
            case .store(let next):
                states[id]?.isChanging = true
                return .decided(.change(next))
            }
        }
        switch step {
        case .decided(let decision): initialize(decision, respond)
        case .repeated(let present): respond(Self.initialized(present))
        case .fence:
            // The open transaction is aborted under a higher epoch; the producer asks again when that is done.
            end(id, .abort, fencing: true) { [self] code in
                guard code == .none else { return respond(Self.refusal(.concurrentTransactions)) }
                reinitialize(id, Self.withoutEpoch(request), respond)
            }
        case .renew(let present): renew(present, request, respond)
        }
    }

    /// After its own fencing the producer's former epoch says nothing any more.
    private static func withoutEpoch(_ request: InitProducerIdRequest) -> InitProducerIdRequest {
        var request = request
        request.producerEpoch = -1
        return request
    }

    private func renew(
        _ present: TransactionState,
        _ request: InitProducerIdRequest,
        _ respond: @escaping @Sendable (InitProducerIdResponse) -> Void
    ) {
        producerIds.next { [self] result in
            switch result {
            case .failure(let error):
                abandon(present.id)
                respond(Self.refusal(error.coordinatorCode))
            case .success(let producerId):
                let next = present.renewed(
                    producerId: producerId,
                    timeout: request.transactionTimeoutMs,
                    expectedEpoch: request.producerEpoch,
                    now: now
                )
                initialize(.change(next), respond)
            }
        }
    }

    // MARK: Adding partitions

    func addPartitions(
        _ request: AddPartitionsToTxnRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (AddPartitionsToTxnResponse) -> Void
    ) {
        let wanted = request.v3AndBelowTopics.flatMap { topic in
            topic.partitions.map { TopicPartition(topic: topic.name, partition: $0) }
        }
        let unknown = Set(wanted.filter { topics.log($0.topic, $0.partition) == nil })
        let answer: @Sendable (ErrorCode) -> Void = { code in
            var response = AddPartitionsToTxnResponse()
            response.resultsByTopicV3AndBelow = request.v3AndBelowTopics.map { topic in
                var entry = AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult()
                entry.name = topic.name
                entry.resultsByPartition = topic.partitions.map { partition in
                    var result = AddPartitionsToTxnResponse.AddPartitionsToTxnTopicResult
                        .AddPartitionsToTxnPartitionResult()
                    let isUnknown = unknown.contains(TopicPartition(topic: topic.name, partition: partition))
                    result.partitionIndex = partition
                    result.partitionErrorCode = (isUnknown ? .unknownTopicOrPartition : code).rawValue
                    return result
                }
                return entry
            }
            respond(response)
        }
        guard unknown.isEmpty else { return answer(.operationNotAttempted) }
        let fenced: ErrorCode = context.version < 2 ? .invalidProducerEpoch : .producerFenced
        let id = request.v3AndBelowTransactionalId
        let producer = (request.v3AndBelowProducerId, request.v3AndBelowProducerEpoch)
        add(Set(wanted), to: id, producer) { answer($0 == .producerFenced ? fenced : $0) }
    }

    func addOffsets(
        _ request: AddOffsetsToTxnRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (AddOffsetsToTxnResponse) -> Void
    ) {
        let fenced: ErrorCode = context.version < 2 ? .invalidProducerEpoch : .producerFenced
        let partition = TopicPartition(topic: InternalTopics.offsets, partition: 0)
        add([partition], to: request.transactionalId, (request.producerId, request.producerEpoch)) { code in
            var response = AddOffsetsToTxnResponse()
            response.errorCode = (code == .producerFenced ? fenced : code).rawValue
            respond(response)
        }
    }

    private func add(
        _ partitions: Set<TopicPartition>,
        to id: String,
        _ producer: (id: Int64, epoch: Int16),
        _ completion: @escaping @Sendable (ErrorCode) -> Void
    ) {
        guard !id.isEmpty else { return completion(.invalidRequest) }
        let now = now
        let decision = decide(id) { present in
            guard let present else { return .answer(.invalidProducerIdMapping) }
            let code = present.check(producerId: producer.id, epoch: producer.epoch)
            guard code == .none else { return .answer(code) }
            guard !present.isChanging else { return .answer(.concurrentTransactions) }
            switch present.phase {
            case .prepareCommit, .prepareAbort: return .answer(.concurrentTransactions)
            case .dead, .prepareEpochFence: return .answer(.producerFenced)
            case .ongoing where partitions.isSubset(of: present.partitions): return .answer(.none)
            default: return .change(present.adding(partitions, now: now))
            }
        }
        switch decision {
        case .answer(let code): completion(code)
        case .change(let next): store(next, completion)
        }
    }

    // MARK: Ending

    func end(
        _ request: EndTxnRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (EndTxnResponse) -> Void
    ) {
        let answer: @Sendable (ErrorCode) -> Void = { code in
            var response = EndTxnResponse()
            let isOld = context.version < 2 && code == .producerFenced
            response.errorCode = (isOld ? .invalidProducerEpoch : code).rawValue
            respond(response)
        }
        guard !request.transactionalId.isEmpty else { return answer(.invalidRequest) }
        let now = now
        let marker: TransactionMarker = request.committed ? .commit : .abort
        let decision = decide(request.transactionalId) { present in
            guard let present else { return .answer(.invalidProducerIdMapping) }
            let code = present.check(producerId: request.producerId, epoch: request.producerEpoch)
            guard code == .none else { return .answer(code) }
            guard !present.isChanging else { return .answer(.concurrentTransactions) }
            switch present.phase {
            case .ongoing: return .change(present.ending(marker, fencing: false, now: now))
            case .completeCommit: return .answer(marker == .commit ? .none : .invalidTransactionState)
            case .completeAbort: return .answer(marker == .abort ? .none : .invalidTransactionState)
            case .prepareCommit: return .answer(marker == .commit ? .concurrentTransactions : .invalidTransactionState)
            case .prepareAbort: return .answer(marker == .abort ? .concurrentTransactions : .invalidTransactionState)
            case .empty, .dead, .prepareEpochFence: return .answer(.invalidTransactionState)
            }
        }
        carryOut(decision, answer)
    }

    /// Ends an ongoing transaction on the broker's own account.
    private func end(
        _ id: String,
        _ marker: TransactionMarker,
        fencing: Bool,
        _ completion: @escaping @Sendable (ErrorCode) -> Void
    ) {
        let now = now
        let decision = decide(id) { present in
            guard let present, !present.isChanging, present.phase == .ongoing else {
                return .answer(.concurrentTransactions)
            }
            return .change(present.ending(marker, fencing: fencing, now: now))
        }
        carryOut(decision, completion)
    }

    private func carryOut(_ decision: Decision, _ completion: @escaping @Sendable (ErrorCode) -> Void) {
        switch decision {
        case .answer(let code): completion(code)
        case .change(let next):
            store(next) { [self] code in
                guard code == .none else { return completion(code) }
                finish(next.id, completion)
            }
        }
    }

    /// The second step: markers, then the record that the transaction is over. If it can't be done now, `tick` tries
    /// again; the decision stands, so the client is told that it succeeded.
    private func finish(_ id: String, _ completion: @escaping @Sendable (ErrorCode) -> Void) {
        let prepared: TransactionState? = state.withLock { states in
            guard let present = states[id], present.phase.marker != nil, !present.isChanging else { return nil }
            states[id]?.isChanging = true
            return present
        }
        guard let prepared, let marker = prepared.phase.marker else { return completion(.concurrentTransactions) }
        let targets = prepared.partitions.sorted().compactMap { partition in
            topics.log(partition.topic, partition.partition)
        }
        let collector = ResultCollector(count: max(1, targets.count)) { [self] codes in
            guard codes.allSatisfy({ $0 == .none }) else {
                abandon(id)
                return completion(.none)
            }
            if prepared.partitions.contains(where: { $0.topic == InternalTopics.offsets }) {
                groups.endTransaction(prepared.producerId, marker)
            }
            store(prepared.completed(now: now)) { _ in completion(.none) }
        }
        if targets.isEmpty { collector.set(0, .none) }
        for (index, target) in targets.enumerated() {
            write(marker, of: prepared, to: target) { collector.set(index, $0) }
        }
    }

    private func write(
        _ marker: TransactionMarker,
        of state: TransactionState,
        to target: PartitionLog,
        _ completion: @escaping @Sendable (ErrorCode) -> Void
    ) {
        let logger = configuration.logger
        let report: @Sendable (StorageError) -> Void = { error in
            logger.error(
                "transaction marker not written",
                metadata: ["id": "\(state.id)", "log": "\(target.topic)-\(target.partition)", "error": "\(error)"]
            )
            // A deleted topic needs no marker.
            completion(error == .closed ? .none : error.code)
        }
        do throws(StorageError) {
            let result = try target.appendControl(
                marker: marker,
                producerId: state.producerId,
                producerEpoch: state.epoch,
                coordinatorEpoch: 0,
                nowMilliseconds: configuration.clock.wallMilliseconds()
            )
            scheduler.requestDurability(of: target, through: result.lastOffset) { outcome in
                switch outcome {
                case .success: completion(.none)
                case .failure(let error): report(error)
                }
            }
        } catch {
            report(error)
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
        let header = records.withUnsafeBytes { bytes in try? RecordBatchHeader(parsing: bytes) }
        // What is no batch is refused by the log.
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
            configuration.logger.info("transaction timed out", metadata: ["id": "\(id)"])
            end(id, .abort, fencing: true) { _ in }
        }
        for id in unfinished { finish(id) { _ in } }
    }
}
