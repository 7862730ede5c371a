import KafkaProtocol
import Synchronization

/// InitProducerId: producer ids and epochs, and the fencing of a producer's earlier lives.
extension TransactionCoordinator {
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

    static func refusal(_ code: ErrorCode) -> InitProducerIdResponse {
        var response = InitProducerIdResponse()
        response.errorCode = code.rawValue
        response.producerEpoch = -1
        return response
    }

    func create(
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
    func initialize(
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

    static func initialized(_ state: TransactionState) -> InitProducerIdResponse {
        var response = InitProducerIdResponse()
        response.producerId = state.producerId
        response.producerEpoch = state.epoch
        return response
    }

    func reinitialize(
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
    static func withoutEpoch(_ request: InitProducerIdRequest) -> InitProducerIdRequest {
        var request = request
        request.producerEpoch = -1
        return request
    }

    func renew(
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
}
