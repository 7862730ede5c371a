internal import CRDKafka
internal import Glibc
internal import Synchronization

/// One life of an idempotent producer: a client and the thread that serves its delivery reports.
///
/// The thread holds the client, never the `KafkaProducer`, so the last release of either can't happen on the thread that would have
/// to be joined.
///
/// `@unchecked Sendable`: `thread` is written once in `init` and read once by `close`, which `isClosed` lets through only once.
final class ProducerClient: @unchecked Sendable {
    private final class Core: Sendable {
        let handle: ClientHandle
        let isStopped = Atomic(false)

        init(_ handle: ClientHandle) {
            self.handle = handle
        }
    }

    private let core: Core
    private var thread = pthread_t()
    private let isClosed = Atomic(false)

    var handle: ClientHandle { core.handle }

    init(_ configuration: ClientConfiguration, _ context: ClientContext) throws(KafkaError) {
        configuration.withPointer { pointer in
            rd_kafka_conf_set_dr_msg_cb(pointer) { client, message, _ in
                guard let client, let message, let opaque = message.pointee._private else { return }
                ProducerClient.report(message, opaque, client)
            }
        }
        core = Core(try ClientHandle(configuration, .producer, context))
        let argument = Unmanaged.passRetained(core).toOpaque()
        let code = pthread_create(&thread, nil, { ProducerClient.serve($0) }, argument)
        guard code == 0 else {
            Unmanaged<Core>.fromOpaque(argument).release()
            isClosed.store(true, ordering: .relaxed)
            throw KafkaError(.fatal, code: "THREAD", message: "no thread for delivery reports (error \(code))")
        }
    }

    deinit { close(timeoutMilliseconds: 0) }

    private static func serve(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        let core = Unmanaged<Core>.fromOpaque(argument).takeRetainedValue()
        while !core.isStopped.load(ordering: .acquiring) {
            rd_kafka_poll(core.handle.pointer, 100)
        }
        return nil
    }

    private static func report(
        _ message: UnsafePointer<rd_kafka_message_t>,
        _ opaque: UnsafeMutableRawPointer,
        _ client: OpaquePointer
    ) {
        let delivery = Unmanaged<Delivery>.fromOpaque(opaque).takeRetainedValue()
        let fields = message.pointee
        guard fields.err == RD_KAFKA_RESP_ERR_NO_ERROR else {
            delivery.finish(.failure(DeliveryError.error(fields.err, of: client, doing: "delivery")))
            return
        }
        delivery.finish(.success(StoredPosition(partition: fields.partition, offset: fields.offset)))
    }

    /// Whether the library gave up on this client for good; a new one must be made.
    var isBroken: Bool {
        rd_kafka_fatal_error(handle.pointer, nil, 0) != RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// Waits for what is outstanding, fails the rest, and joins the thread. Calls after the first do nothing.
    func close(timeoutMilliseconds: Int32) {
        guard isClosed.compareExchange(expected: false, desired: true, ordering: .acquiringAndReleasing).exchanged
        else {
            return
        }
        if timeoutMilliseconds > 0 { rd_kafka_flush(handle.pointer, timeoutMilliseconds) }
        rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT)
        // The reports of purged records end their senders' waiting.
        let deadline = Deadline(milliseconds: 5000)
        while rd_kafka_outq_len(handle.pointer) > 0, !deadline.isOver { deadline.pause(milliseconds: 5) }
        core.isStopped.store(true, ordering: .releasing)
        pthread_join(thread, nil)
    }
}
