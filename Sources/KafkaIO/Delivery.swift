internal import CRDKafka
internal import StreamCore

/// The way of one delivery report back to its sender: retained once when the record is handed over, taken once by the report.
final class Delivery: Sendable {
    let finish: @Sendable (Result<StoredPosition, KafkaError>) -> Void

    init(_ finish: @escaping @Sendable (Result<StoredPosition, KafkaError>) -> Void) {
        self.finish = finish
    }
}

/// The reactions to a record that was not stored, or not provably.
enum DeliveryError {
    static func error(_ code: rd_kafka_resp_err_t, of client: OpaquePointer, doing what: String) -> KafkaError {
        error(Failure(code, of: client), doing: what)
    }

    static func error(_ failure: Failure, doing what: String) -> KafkaError {
        KafkaError(reaction(failure), code: failure.code, message: "\(what): \(failure.message)")
    }

    private static func reaction(_ failure: Failure) -> KafkaError.Reaction {
        switch failure.code {
        case "_QUEUE_FULL": return .queueFull
        case "MSG_SIZE_TOO_LARGE", "RECORD_LIST_TOO_LARGE", "INVALID_MSG_SIZE", "INVALID_RECORD", "INVALID_MSG",
            "INVALID_TIMESTAMP", "POLICY_VIOLATION", "_UNKNOWN_PARTITION", "TOPIC_EXCEPTION", "_INVALID_ARG":
            return .reject
        default: break
        }
        switch failure.reaction(during: .consume) {
        // A lost epoch is cured by the next client, which the producer makes by itself.
        case .retry, .abortAndRedo, .fenced: return .retry
        case .rejoin, .fatal: return .fatal
        }
    }
}
