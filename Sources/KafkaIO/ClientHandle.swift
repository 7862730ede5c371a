internal import CRDKafka

/// Owner of one `rd_kafka_t`.
///
/// Order of destruction: consumer closed, client destroyed (which joins its threads, so no callback runs afterwards), then the
/// context that callbacks use is released.
///
/// `@unchecked Sendable`: a `rd_kafka_t` may be used from any thread (librdkafka INTRODUCTION.md, "Threads and callbacks"), and the
/// pointer never changes after `init`.
final class ClientHandle: @unchecked Sendable {
    let pointer: OpaquePointer
    let context: ClientContext
    private let kind: ClientConfiguration.Kind

    init(
        _ configuration: ClientConfiguration,
        _ kind: ClientConfiguration.Kind,
        _ context: ClientContext
    ) throws(KafkaError) {
        let opaque = Unmanaged.passUnretained(context).toOpaque()
        configuration.withPointer { pointer in
            rd_kafka_conf_set_opaque(pointer, opaque)
            rd_kafka_conf_set_log_cb(pointer) { client, level, facility, line in
                guard let client, let context = ClientContext.of(rd_kafka_opaque(client)) else { return }
                context.notice(
                    severity: level,
                    subject: facility.map { String(cString: $0) } ?? "LOG",
                    message: line.map { String(cString: $0) } ?? ""
                )
            }
            rd_kafka_conf_set_error_cb(pointer) { client, code, reason, opaque in
                ClientContext.of(opaque)?.notice(
                    severity: 3,
                    subject: String(cString: rd_kafka_err2name(rd_kafka_resp_err_t(code))),
                    message: reason.map { String(cString: $0) } ?? ""
                )
            }
        }
        self.kind = kind
        self.context = context
        pointer = try configuration.makeClient(kind)
        if kind == .consumer { rd_kafka_poll_set_consumer(pointer) }
    }

    deinit {
        switch kind {
        case .consumer:
            _ = context.beginClosing()
            if rd_kafka_consumer_closed(pointer) == 0 { rd_kafka_consumer_close(pointer) }
            // A member that has joined and got no assignment (it was fenced in between) can't be destroyed: librdkafka 2.0 fails an assertion
            // about the state of its assignor, which ends the process. Closed it does nothing more, so it stays to the process's end.
            if context.isAwaitingFirstAssignment {
                _ = Unmanaged.passRetained(context)
                return
            }
        case .producer:
            rd_kafka_purge(
                pointer,
                RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING
            )
        }
        rd_kafka_destroy(pointer)
    }
}
