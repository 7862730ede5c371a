internal import CRDKafka
internal import Synchronization

/// An idempotent producer outside of transactions: a record is acknowledged after all in-sync replicas have it.
///
/// Bounded: when the queue holds as many records or bytes as it may, `send` fails at once with `.queueFull`, so that the sender can be
/// told to slow down. When the library gives up on a client (a lost producer id), the next `send` makes a new one.
public final class KafkaProducer: Sendable {
    public struct Limits: Sendable, Equatable {
        /// Records queued or in flight at most.
        public var maxRecords: Int32
        /// KiB queued or in flight at most.
        public var maxKilobytes: Int32
        /// A record not acknowledged by then fails with `.retry`.
        public var deliveryTimeoutMilliseconds: Int32
        /// How long a record waits for company; the price of a batch is this much latency.
        public var lingerMilliseconds: Int32

        public init(
            maxRecords: Int32 = 100_000,
            maxKilobytes: Int32 = 256 << 10,
            deliveryTimeoutMilliseconds: Int32 = 30_000,
            lingerMilliseconds: Int32 = 5
        ) {
            self.maxRecords = maxRecords
            self.maxKilobytes = maxKilobytes
            self.deliveryTimeoutMilliseconds = deliveryTimeoutMilliseconds
            self.lingerMilliseconds = lingerMilliseconds
        }
    }

    /// What became of the records of `enqueue`.
    public struct Tally: Sendable, Equatable {
        public var delivered: Int64 = 0
        public var failed: Int64 = 0
        public var firstFailure: KafkaError?

        public init() {}
    }

    private struct State {
        var client: ProducerClient?
        var isClosed = false
    }

    private let settings: KafkaSettings
    private let limits: Limits
    private let notices: KafkaNoticeHandler?
    private let state: Mutex<State>
    private let tally = TallyBox()

    /// - Throws: `KafkaError` (fatal) when the settings are refused.
    public init(
        settings: KafkaSettings,
        limits: Limits = Limits(),
        notices: KafkaNoticeHandler? = nil
    ) throws(KafkaError) {
        self.settings = settings
        self.limits = limits
        self.notices = notices
        state = Mutex(State(client: try KafkaProducer.makeClient(settings, limits, notices)))
    }

    deinit { close(timeoutMilliseconds: 0) }

    private static func makeClient(
        _ settings: KafkaSettings,
        _ limits: Limits,
        _ notices: KafkaNoticeHandler?
    ) throws(KafkaError) -> ProducerClient {
        let configuration = try ClientConfiguration(settings, kind: .producer)
        try configuration.set("enable.idempotence", "true")
        try configuration.set("acks", "all")
        try configuration.set("partitioner", "murmur2_random")
        try configuration.set("delivery.timeout.ms", String(limits.deliveryTimeoutMilliseconds))
        try configuration.set("linger.ms", String(limits.lingerMilliseconds))
        try configuration.set("queue.buffering.max.messages", String(limits.maxRecords))
        try configuration.set("queue.buffering.max.kbytes", String(limits.maxKilobytes))
        return try ProducerClient(configuration, ClientContext(notices))
    }

    /// Sends a record and waits until it is stored. Cancellation doesn't take a record back: it may be stored all the same.
    /// - Returns: partition and offset, known after every in-sync replica has the record.
    /// - Throws: `.queueFull` at once; `.retry` when the cluster didn't acknowledge in time (the record may have been stored);
    ///   `.reject` when this record can never be stored; `.fatal`.
    public func send(_ record: KafkaRecord) async throws(KafkaError) -> StoredPosition {
        let result = await withCheckedContinuation { continuation in
            let delivery = Delivery { continuation.resume(returning: $0) }
            if let error = produce(record, delivery) { delivery.finish(.failure(error)) }
        }
        return try result.get()
    }

    /// Hands a record over without waiting for its report, which is counted in `counts`; waits for room in the queue.
    /// - Throws: `.queueFull` when there was no room before the delivery timeout; `.reject`, `.retry`, `.fatal`.
    public func enqueue(_ record: KafkaRecord) throws(KafkaError) {
        let deadline = Deadline(milliseconds: limits.deliveryTimeoutMilliseconds)
        while let error = produce(record, Delivery(tally.count)) {
            guard error.reaction == .queueFull, !deadline.isOver else { throw error }
            deadline.pause(milliseconds: 5)
        }
    }

    /// Hands the same value over `count` times for one partition, in one call of the library: load for measurements. Reports are
    /// counted in `counts`; waits for room in the queue.
    /// - Throws: `.queueFull` when there was no room before the delivery timeout; `.retry` when the client is broken or closed.
    package func enqueue(repeating value: [UInt8], count: Int, topic: String, partition: Int32) throws(KafkaError) {
        let deadline = Deadline(milliseconds: limits.deliveryTimeoutMilliseconds)
        var left = count
        while true {
            let taken = state.withLock { state in
                state.client.map { client in
                    let delivery = Delivery(tally.count)
                    return ProducerCall.produce(value, left, topic, partition, delivery, client.handle.pointer)
                }
            }
            guard let taken else { throw KafkaError(.retry, code: "CLOSED", message: "the producer is closed") }
            left -= taken
            guard left > 0 else { return }
            guard !deadline.isOver else {
                throw KafkaError(.queueFull, code: "_QUEUE_FULL", message: "\(left) of \(count) records were not taken")
            }
            deadline.pause(milliseconds: 1)
        }
    }

    /// Hands a record to the client, made anew when the library has given up on it.
    ///
    /// Under the lock, so that no record can be handed to a client whose reports nobody serves any more.
    /// - Returns: why it was not taken; then `delivery` will not be used.
    private func produce(_ record: KafkaRecord, _ delivery: Delivery) -> KafkaError? {
        let (error, broken) = state.withLock { state -> (KafkaError?, ProducerClient?) in
            guard !state.isClosed else {
                return (KafkaError(.fatal, code: "CLOSED", message: "the producer is closed"), nil)
            }
            if let client = state.client, !client.isBroken {
                return (ProducerCall.produce(record, delivery, client.handle.pointer), nil)
            }
            do throws(KafkaError) {
                let broken = state.client
                let client = try KafkaProducer.makeClient(settings, limits, notices)
                state.client = client
                return (ProducerCall.produce(record, delivery, client.handle.pointer), broken)
            } catch {
                return (error, nil)
            }
        }
        // Outside of the lock, because it joins a thread; what was outstanding fails with `.retry`.
        broken?.close(timeoutMilliseconds: 0)
        return error
    }

    /// Records queued or in flight.
    public var queuedRecords: Int {
        state.withLock { state in state.client.map { Int(rd_kafka_outq_len($0.handle.pointer)) } ?? 0 }
    }

    /// Reports of enqueued records so far.
    public var counts: Tally { tally.value }

    /// Waits until nothing is queued or in flight. Blocks the calling thread.
    /// - Returns: whether that was reached in time.
    @discardableResult
    public func flush(timeoutMilliseconds: Int32) -> Bool {
        guard let client = state.withLock({ $0.client }) else { return true }
        return rd_kafka_flush(client.handle.pointer, timeoutMilliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// Waits for outstanding records up to the timeout, fails the rest with `.retry`, and ends. Blocks the calling thread.
    public func close(timeoutMilliseconds: Int32) {
        let client = state.withLock { state in
            state.isClosed = true
            defer { state.client = nil }
            return state.client
        }
        client?.close(timeoutMilliseconds: timeoutMilliseconds)
    }
}

/// Counts the reports of enqueued records.
private final class TallyBox: Sendable {
    private let tally = Mutex(KafkaProducer.Tally())

    var value: KafkaProducer.Tally { tally.withLock { $0 } }

    var count: @Sendable (Result<StoredPosition, KafkaError>) -> Void {
        { [self] result in
            tally.withLock { tally in
                switch result {
                case .success: tally.delivered += 1
                case .failure(let error):
                    tally.failed += 1
                    if tally.firstFailure == nil { tally.firstFailure = error }
                }
            }
        }
    }
}
