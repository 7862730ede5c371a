internal import CRDKafka
internal import StreamCore

/// An error as the library gave it, freed and ready to be judged by `ErrorTable`.
struct Failure {
    var code: String
    var message: String
    var flags: ErrorTable.Flags

    /// Takes (and destroys) an error object.
    init(taking error: OpaquePointer, of client: OpaquePointer) {
        let number = rd_kafka_error_code(error)
        code = String(cString: rd_kafka_err2name(number))
        message = String(cString: rd_kafka_error_string(error))
        flags = ErrorTable.Flags(
            isRetriable: rd_kafka_error_is_retriable(error) != 0,
            requiresAbort: rd_kafka_error_txn_requires_abort(error) != 0,
            isFatal: rd_kafka_error_is_fatal(error) != 0
        )
        rd_kafka_error_destroy(error)
        resolveFatal(of: client)
    }

    init(_ number: rd_kafka_resp_err_t, message: String? = nil, of client: OpaquePointer) {
        code = String(cString: rd_kafka_err2name(number))
        self.message = message ?? String(cString: rd_kafka_err2str(number))
        flags = .none
        resolveFatal(of: client)
    }

    /// `_FATAL` and `_STATE` after a fatal error hide the cause, which the client remembers.
    private mutating func resolveFatal(of client: OpaquePointer) {
        guard code == "_FATAL" || code == "_STATE" || flags.isFatal else { return }
        var reason = [CChar](repeating: 0, count: 512)
        let cause = rd_kafka_fatal_error(client, &reason, reason.count)
        guard cause != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        code = String(cString: rd_kafka_err2name(cause))
        message = text(reason)
        flags.isFatal = true
    }

    func reaction(during operation: ErrorTable.Operation) -> LogError.Reaction {
        ErrorTable.reaction(to: code, flags: flags, during: operation)
    }

    func logError(during operation: ErrorTable.Operation, doing what: String) -> LogError {
        LogError(reaction(during: operation), code: code, message: "\(what): \(message)")
    }
}
