import KafkaProtocol
import LogStorage
import Logging
import Synchronization

/// Transactional ids that nobody has used for long are forgotten. Kafka's `transactional.id.expiration.ms`.
extension TransactionCoordinator {
    /// Ids forgotten by one call at most; the next goes on.
    private static let expirationBatch = 1_000

    /// Forgets ids without a transaction under way that have not changed for the configured time. A producer that comes
    /// back with its old producer id is refused (INVALID_PRODUCER_ID_MAPPING) and begins anew, as with Apache Kafka.
    func expireIds() {
        let oldest = now.wall - configuration.transactionalIdExpirationMilliseconds
        let expired: [String] = state.withLock { states in
            let idle = states.values.filter { state in
                guard !state.isChanging, state.updateTimestamp <= oldest else { return false }
                switch state.phase {
                case .empty, .completeCommit, .completeAbort: return true
                case .ongoing, .prepareCommit, .prepareAbort, .dead, .prepareEpochFence: return false
                }
            }
            let ids = idle.map(\.id).sorted().prefix(Self.expirationBatch)
            for id in ids { states[id]?.isChanging = true }
            return Array(ids)
        }
        guard !expired.isEmpty else { return }
        do throws(WireError) {
            let tombstones = try expired.map { (id) throws(WireError) -> (key: [UInt8], value: [UInt8]?) in
                var key = TransactionLogKey()
                key.transactionalId = id
                return (key: try key.encoded(version: 0), value: nil)
            }
            log.append(tombstones) { [self] result in finishExpiration(of: expired, result) }
        } catch {
            for id in expired { abandon(id) }
        }
    }

    private func finishExpiration(of ids: [String], _ result: Result<Int64, StorageError>) {
        switch result {
        case .success:
            state.withLock { states in
                for id in ids { states[id] = nil }
            }
            metrics.transactionalIdsExpired(ids.count)
            configuration.logger.info("idle transactional ids forgotten", metadata: ["count": "\(ids.count)"])
        case .failure(let error):
            for id in ids { abandon(id) }
            configuration.logger.warning(
                "idle transactional ids not forgotten",
                metadata: ["code": "ERR_BROKER_TRANSACTION", "error": "\(error)"]
            )
        }
    }
}
