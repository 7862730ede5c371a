import KafkaProtocol
import LogStorage
import Logging
import Synchronization

/// EndTxn: the decision, then the markers.
extension TransactionCoordinator {
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
    func end(
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

    func carryOut(_ decision: Decision, _ completion: @escaping @Sendable (ErrorCode) -> Void) {
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
    func finish(_ id: String, _ completion: @escaping @Sendable (ErrorCode) -> Void) {
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

    func write(
        _ marker: TransactionMarker,
        of state: TransactionState,
        to target: PartitionLog,
        _ completion: @escaping @Sendable (ErrorCode) -> Void
    ) {
        let logger = configuration.logger
        let report: @Sendable (StorageError) -> Void = { error in
            logger.error(
                "transaction marker not written",
                metadata: [
                    "code": "ERR_BROKER_TRANSACTION", "id": "\(state.id)",
                    "log": "\(target.topic)-\(target.partition)", "error": "\(error)",
                ]
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
}
