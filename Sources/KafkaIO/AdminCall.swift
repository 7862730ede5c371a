internal import CRDKafka
internal import StreamCore

/// Owner of the result event of an administration request.
struct AdminEvent: ~Copyable {
    let pointer: OpaquePointer

    deinit { rd_kafka_event_destroy(pointer) }
}

/// One administration request: options, queue, the wait for the result, and its error.
struct AdminCall {
    let handle: ClientHandle
    let timeoutMilliseconds: Int32

    /// - Parameter start: makes the request with client, options and queue.
    func run(
        _ operation: rd_kafka_admin_op_t,
        _ what: String,
        _ start: (OpaquePointer, OpaquePointer, OpaquePointer) -> Void
    ) throws(KafkaError) -> AdminEvent {
        let options = try options(operation, what)
        defer { rd_kafka_AdminOptions_destroy(options) }
        guard let queue = rd_kafka_queue_new(handle.pointer) else {
            throw KafkaError(.fatal, code: "QUEUE", message: "\(what): no queue")
        }
        defer { rd_kafka_queue_destroy(queue) }
        start(handle.pointer, options, queue)
        // The library ends the request by its own timeout; ours is behind it, in case it doesn't.
        guard let pointer = rd_kafka_queue_poll(queue, timeoutMilliseconds + 5000) else {
            throw KafkaError(.retry, code: "_TIMED_OUT", message: "\(what): no answer")
        }
        let event = AdminEvent(pointer: pointer)
        let code = rd_kafka_event_error(pointer)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            let reason = rd_kafka_event_error_string(pointer).map { String(cString: $0) }
            throw error(code, reason, what)
        }
        return event
    }

    private func options(_ operation: rd_kafka_admin_op_t, _ what: String) throws(KafkaError) -> OpaquePointer {
        guard let options = rd_kafka_AdminOptions_new(handle.pointer, operation) else {
            throw KafkaError(.fatal, code: "OPTIONS", message: "\(what): not supported by this librdkafka")
        }
        var reason = [CChar](repeating: 0, count: 256)
        let code = rd_kafka_AdminOptions_set_request_timeout(options, timeoutMilliseconds, &reason, reason.count)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            rd_kafka_AdminOptions_destroy(options)
            throw error(code, text(reason), what)
        }
        return options
    }

    func error(_ code: rd_kafka_resp_err_t, _ reason: String?, _ what: String) -> KafkaError {
        AdminError.error(Failure(code, message: reason, of: handle.pointer), doing: what)
    }

    /// Throws the first error among the results of topics.
    func check(
        _ results: UnsafeMutablePointer<OpaquePointer?>?,
        _ count: Int,
        _ what: String
    ) throws(KafkaError) {
        guard let results else { return }
        for index in 0..<count {
            let code = rd_kafka_topic_result_error(results[index])
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            let name = rd_kafka_topic_result_name(results[index]).map { String(cString: $0) } ?? ""
            let reason = rd_kafka_topic_result_error_string(results[index]).map { String(cString: $0) }
            throw error(code, reason, "\(what) \(name)")
        }
    }
}

/// The reactions to refused administration requests.
enum AdminError {
    static func error(_ failure: Failure, doing what: String) -> KafkaError {
        KafkaError(reaction(failure), code: failure.code, message: "\(what): \(failure.message)")
    }

    private static func reaction(_ failure: Failure) -> KafkaError.Reaction {
        switch failure.code {
        case "TOPIC_ALREADY_EXISTS", "UNKNOWN_TOPIC_OR_PART", "INVALID_PARTITIONS", "INVALID_REPLICATION_FACTOR",
            "INVALID_REPLICA_ASSIGNMENT", "INVALID_CONFIG", "INVALID_REQUEST", "POLICY_VIOLATION", "TOPIC_EXCEPTION",
            "TOPIC_DELETION_DISABLED", "GROUP_ID_NOT_FOUND", "NON_EMPTY_GROUP", "OFFSET_OUT_OF_RANGE":
            return .reject
        default:
            return failure.reaction(during: .consume) == .retry ? .retry : .fatal
        }
    }
}
