internal import CRDKafka
internal import StreamCore

/// One transactional, idempotent producer: one life of a transactional id.
///
/// Order of destruction: topic handles, argument memory, then the client (by its handle).
final class TransactionalProducer {
    private struct Topic {
        var name: String
        var pointer: OpaquePointer
    }

    /// Number of arguments of one produce call.
    private static let argumentCount = 6
    /// Records that a request carries at most: the library's `batch.num.messages`.
    private static let requestRecords = 10_000
    /// Requests that may be on their way when the records of the next one are handed over.
    private static let requestsAhead = 3
    /// How long a call is tried again after the process was asked to end.
    private static let stoppingMilliseconds: Int32 = 5_000
    /// Longest wait for the next acknowledgement before more is handed over.
    private static let paceMilliseconds: Int32 = 300

    private let handle: ClientHandle
    private let timeoutMilliseconds: Int32
    private let isStopRequested: @Sendable () -> Bool
    private let maxOutstandingBytes: Int
    private var topics: [Topic] = []
    /// Arguments of `rd_kafka_produceva`, written anew for every record without allocation.
    private let arguments: UnsafeMutablePointer<rd_kafka_vu_t>
    /// Points at nothing of length 0: an empty value must not be a null pointer, which would be a tombstone.
    private let empty: UnsafeMutablePointer<UInt8>
    private var isReady = false
    private(set) var isOpen = false
    /// Handed over since the last look at what is on its way.
    private var handedBytes = 0
    private var handedRecords = 0

    init(
        _ settings: KafkaSettings,
        _ options: KafkaLog.Options,
        _ notices: KafkaNoticeHandler?,
        _ isStopRequested: @escaping @Sendable () -> Bool
    ) throws(KafkaError) {
        let configuration = try ClientConfiguration(settings, kind: .producer)
        try configuration.set("transactional.id", options.transactionalID)
        try configuration.set("enable.idempotence", "true")
        try configuration.set("acks", "all")
        try configuration.set("transaction.timeout.ms", String(options.transactionTimeoutMilliseconds))
        try configuration.set("linger.ms", String(options.lingerMilliseconds))
        try configuration.set("queue.buffering.max.messages", String(options.maxQueuedRecords))
        try configuration.set("queue.buffering.max.kbytes", String(options.maxQueuedKilobytes))
        handle = try ClientHandle(configuration, .producer, ClientContext(notices))
        timeoutMilliseconds = options.transactionTimeoutMilliseconds
        self.isStopRequested = isStopRequested
        maxOutstandingBytes = Int(options.maxOutstandingKilobytes) << 10
        arguments = .allocate(capacity: TransactionalProducer.argumentCount)
        arguments.initialize(repeating: rd_kafka_vu_t(), count: TransactionalProducer.argumentCount)
        empty = .allocate(capacity: 1)
        empty.initialize(to: 0)
    }

    deinit {
        for topic in topics { rd_kafka_topic_destroy(topic.pointer) }
        arguments.deallocate()
        empty.deallocate()
    }

    /// Whether nothing was done with it yet, so that a failed `prepare` may simply be called again.
    var isUnused: Bool {
        !isReady && rd_kafka_fatal_error(handle.pointer, nil, 0) == RD_KAFKA_RESP_ERR_NO_ERROR
    }

    /// Fences earlier lives of the transactional id and waits until their transactions are completed.
    func prepare() throws(LogError) {
        guard !isReady else { return }
        // In slices: the library resumes it when it is called again.
        let patience = Patience(timeoutMilliseconds: timeoutMilliseconds, isStopRequested: isStopRequested)
        let limit = patience.deadline
        try call("init transactions", whenExhausted: .retry) { client, timeout in
            rd_kafka_init_transactions(client, min(timeout, patience.sliceMilliseconds(limit)))
        }
        isReady = true
    }

    func begin() throws(LogError) {
        try prepare()
        guard !isOpen else { return }
        try call("begin transaction", whenExhausted: .retry) { client, _ in rd_kafka_begin_transaction(client) }
        isOpen = true
    }

    func produce(_ effects: borrowing Effects) throws(LogError) {
        guard !effects.isEmpty else { return }
        let topics = try effects.outputs.map { (output) throws(LogError) in try topic(output.topic) }
        let entries = effects.entries
        try effects.bytes.withUnsafeBufferPointer { (bytes) throws(LogError) in
            let base = bytes.baseAddress.map { UnsafeMutablePointer(mutating: $0) } ?? empty
            for entry in entries {
                if handedBytes >= maxOutstandingBytes || handedRecords >= TransactionalProducer.requestRecords {
                    awaitAcknowledgements(but: handedRecords * TransactionalProducer.requestsAhead)
                    handedBytes = 0
                    handedRecords = 0
                }
                handedBytes += entry.key.count + entry.value.count
                handedRecords += 1
                try produce(
                    topic: topics[entry.output],
                    partition: entry.partition,
                    key: UnsafeMutableBufferPointer(start: base + entry.key.lowerBound, count: entry.key.count),
                    value: UnsafeMutableBufferPointer(start: base + entry.value.lowerBound, count: entry.value.count),
                    timestampMilliseconds: entry.timestampMilliseconds
                )
            }
        }
        // Serves the error callback.
        rd_kafka_poll(handle.pointer, 0)
    }

    /// Waits until all that was handed over is acknowledged but so many records, so that there is never more than the five requests
    /// carry that may be on their way: the library (2.0) spins on a whole core as long as records are queued that it can't put in a
    /// request yet. What comes next is folded meanwhile.
    ///
    /// Only a pace: where nothing is acknowledged for a while (a broker that is away, a transaction that has failed) the next record
    /// is handed over all the same, and the library says what is wrong.
    private func awaitAcknowledgements(but rest: Int) {
        var left = rd_kafka_outq_len(handle.pointer)
        var deadline = Deadline(milliseconds: TransactionalProducer.paceMilliseconds)
        while left > rest, !deadline.isOver {
            rd_kafka_poll(handle.pointer, 1)
            let now = rd_kafka_outq_len(handle.pointer)
            if now < left { deadline = Deadline(milliseconds: TransactionalProducer.paceMilliseconds) }
            left = now
        }
    }

    func produce(topic name: String, partition: Int32, key: [UInt8], value: [UInt8]?) throws(LogError) {
        let topic = try topic(name)
        let payload = value ?? []
        try key.withUnsafeBufferPointer { (key) throws(LogError) in
            try payload.withUnsafeBufferPointer { (payload) throws(LogError) in
                try produce(
                    topic: topic,
                    partition: partition,
                    key: mutable(key),
                    value: value == nil ? nil : mutable(payload),
                    timestampMilliseconds: 0
                )
            }
        }
    }

    private func mutable(_ buffer: UnsafeBufferPointer<UInt8>) -> UnsafeMutableBufferPointer<UInt8> {
        let base = buffer.baseAddress.map { UnsafeMutablePointer(mutating: $0) } ?? empty
        return UnsafeMutableBufferPointer(start: base, count: buffer.count)
    }

    /// Hands one record over (the library copies it); waits for room in the queue up to the transaction timeout. A timestamp of 0 is
    /// the library's clock.
    private func produce(
        topic: OpaquePointer,
        partition: Int32,
        key: UnsafeMutableBufferPointer<UInt8>,
        value: UnsafeMutableBufferPointer<UInt8>?,
        timestampMilliseconds: Int64
    ) throws(LogError) {
        arguments[0].vtype = RD_KAFKA_VTYPE_RKT
        arguments[0].u.rkt = topic
        arguments[1].vtype = RD_KAFKA_VTYPE_PARTITION
        arguments[1].u.i32 = partition
        arguments[2].vtype = RD_KAFKA_VTYPE_KEY
        arguments[2].u.mem.ptr = UnsafeMutableRawPointer(key.baseAddress)
        arguments[2].u.mem.size = key.count
        arguments[3].vtype = RD_KAFKA_VTYPE_VALUE
        arguments[3].u.mem.ptr = value.flatMap { UnsafeMutableRawPointer($0.baseAddress) }
        arguments[3].u.mem.size = value?.count ?? 0
        arguments[4].vtype = RD_KAFKA_VTYPE_TIMESTAMP
        arguments[4].u.i64 = timestampMilliseconds
        arguments[5].vtype = RD_KAFKA_VTYPE_MSGFLAGS
        arguments[5].u.i = RD_KAFKA_MSG_F_COPY
        guard let error = rd_kafka_produceva(handle.pointer, arguments, TransactionalProducer.argumentCount) else {
            return
        }
        try awaitRoom(after: error)
    }

    /// The slow path of `produce`: the arguments are still in place.
    private func awaitRoom(after first: OpaquePointer) throws(LogError) {
        let deadline = Deadline(milliseconds: timeoutMilliseconds)
        var pending: OpaquePointer? = first
        while let error = pending {
            let failure = Failure(taking: error, of: handle.pointer)
            guard failure.code == "_QUEUE_FULL", !deadline.isOver, !isStopRequested() else {
                throw failure.logError(during: .produce, doing: "produce")
            }
            rd_kafka_poll(handle.pointer, 20)
            pending = rd_kafka_produceva(handle.pointer, arguments, TransactionalProducer.argumentCount)
        }
    }

    private func topic(_ name: String) throws(LogError) -> OpaquePointer {
        if let known = topics.first(where: { $0.name == name }) { return known.pointer }
        guard let pointer = rd_kafka_topic_new(handle.pointer, name, nil) else {
            throw Failure(rd_kafka_last_error(), of: handle.pointer).logError(during: .produce, doing: "topic \(name)")
        }
        topics.append(Topic(name: name, pointer: pointer))
        return pointer
    }

    /// Sends the offsets while records are still in flight, then commits, which flushes first.
    ///
    /// An outcome that stays unknown is `.fenced`: the next producer's `init transactions` waits until the coordinator has decided,
    /// and the committed offsets tell what it decided.
    func commit(_ positions: [PartitionPosition], group: OpaquePointer?) throws(LogError) {
        guard isOpen else { return }
        if let group, !positions.isEmpty {
            let list = PartitionList(positions)
            let pointer = list.pointer
            try call("send offsets", whenExhausted: .abortAndRedo) { client, timeout in
                rd_kafka_send_offsets_to_transaction(client, pointer, group, timeout)
            }
            _ = list.count
        }
        // -1: the rest of the transaction's time, as the library recommends; it resumes when called again.
        try call("commit transaction", whenExhausted: .fenced) { client, _ in rd_kafka_commit_transaction(client, -1) }
        isOpen = false
    }

    /// Drops what is queued and in flight, and aborts.
    func abort() throws(LogError) {
        guard isOpen else { return }
        try call("abort transaction", whenExhausted: .fenced) { client, _ in rd_kafka_abort_transaction(client, -1) }
        isOpen = false
    }

    /// Aborts when that is quickly done; a transaction left open is aborted by the next life of the transactional id.
    func abortBeforeClosing() throws(LogError) {
        guard isOpen else { return }
        isOpen = false
        guard let error = rd_kafka_abort_transaction(handle.pointer, 3000) else { return }
        throw Failure(taking: error, of: handle.pointer).logError(during: .transaction, doing: "abort transaction")
    }

    /// Makes a call again while it may be retried, for at most twice the transaction timeout; for 5 s once the process is to end.
    private func call(
        _ what: String,
        whenExhausted: LogError.Reaction,
        _ body: (OpaquePointer, Int32) -> OpaquePointer?
    ) throws(LogError) {
        var deadline = Deadline(milliseconds: timeoutMilliseconds * 2)
        var isStopping = false
        while true {
            if !isStopping, isStopRequested() {
                isStopping = true
                deadline = Deadline(milliseconds: TransactionalProducer.stoppingMilliseconds)
            }
            let timeout = max(1, min(timeoutMilliseconds, deadline.remainingMilliseconds))
            guard let error = body(handle.pointer, timeout) else { return }
            var failure = Failure(taking: error, of: handle.pointer)
            // A transaction that failed while the call was under way: asked again, the library tells what failed it.
            if failure.code == "_STATE", failure.flags.requiresAbort {
                guard let cause = body(handle.pointer, timeoutMilliseconds) else { return }
                failure = Failure(taking: cause, of: handle.pointer)
            }
            var result = failure.logError(during: .transaction, doing: what)
            guard result.reaction == .retry else { throw result }
            guard !deadline.isOver else {
                result.reaction = whenExhausted
                throw result
            }
            deadline.pause(milliseconds: 100)
        }
    }
}
