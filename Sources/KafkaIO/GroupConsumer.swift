internal import CRDKafka
internal import StreamCore

/// A member of a consumer group whose rebalances wait for the caller's answer.
///
/// The library's callback only records what the group wants; the library then waits, heartbeating, until `assign` or `unassign`.
final class GroupConsumer {
    /// Leaving a group takes one answer of the coordinator; a broker that is away must not keep a process from ending.
    private static let closeTimeoutMilliseconds: Int32 = 5_000

    /// How long a member may be silent before the group gives its partitions away. Long enough for a restart of the process or of the broker,
    /// after which it goes on with the state it has; not longer, because a process that is gone for good leaves its partitions standing
    /// still for so long. `StreamLimits.shortMembershipMilliseconds` must be shorter.
    private static let sessionTimeoutMilliseconds = 30_000

    private let handle: ClientHandle
    private let reader: PartitionReader
    private var loop = FetchLoop()
    private var isCloseStarted = false
    /// What the last poll told and nobody answered yet; the library waits for the answer, also when it is to close.
    private var unanswered: ClientContext.Rebalance?
    private(set) var isSubscribed = false
    private var paused: Set<TopicPartition> = []

    init(
        _ settings: KafkaSettings,
        _ options: KafkaLog.Options,
        _ notices: KafkaNoticeHandler?,
        _ isStopRequested: @escaping @Sendable () -> Bool
    ) throws(KafkaError) {
        let configuration = try ClientConfiguration(settings, kind: .consumer)
        try configuration.set("group.id", options.groupID)
        if let instance = options.groupInstanceID { try configuration.set("group.instance.id", instance) }
        try configuration.set("partition.assignment.strategy", "cooperative-sticky")
        let timeout = "session.timeout.ms"
        if settings.properties[timeout] == nil, settings.consumerProperties[timeout] == nil {
            try configuration.set(timeout, String(Self.sessionTimeoutMilliseconds))
        }
        try configuration.set("isolation.level", "read_committed")
        try configuration.set("enable.auto.commit", "false")
        try configuration.set("enable.auto.offset.store", "false")
        try configuration.set("auto.offset.reset", "error")
        try configuration.set("enable.partition.eof", "false")
        // When this much is fetched ahead the library (2.0) looks again only after a second, so it must last a second.
        for (name, value) in ["queued.min.messages": "150000", "queued.max.messages.kbytes": "40960"]
        where settings.consumerProperties[name] == nil && settings.properties[name] == nil {
            try configuration.set(name, value)
        }
        configuration.withPointer { pointer in
            rd_kafka_conf_set_rebalance_cb(pointer) { client, code, partitions, opaque in
                guard let client, let partitions, let context = ClientContext.of(opaque) else { return }
                GroupConsumer.rebalance(client, code, partitions, context)
            }
        }
        handle = try ClientHandle(configuration, .consumer, ClientContext(notices))
        reader = PartitionReader(
            handle: handle,
            patience: Patience(
                timeoutMilliseconds: options.requestTimeoutMilliseconds,
                isStopRequested: isStopRequested
            )
        )
    }

    deinit { close() }

    private static func rebalance(
        _ client: OpaquePointer,
        _ code: rd_kafka_resp_err_t,
        _ list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>,
        _ context: ClientContext
    ) {
        let isAssignment = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
        if isAssignment { context.isAwaitingFirstAssignment = false }
        // An empty change, and any change while closing, concerns nobody but the library.
        if context.isClosing || list.pointee.cnt == 0 {
            let error =
                isAssignment
                ? rd_kafka_incremental_assign(client, list)
                : rd_kafka_incremental_unassign(client, list)
            report(error, client, context)
            return
        }
        let partitions = PartitionList.partitions(of: list)
        let isLost = rd_kafka_assignment_lost(client) != 0
        context.record(isAssignment ? .assigned(partitions) : .revoked(partitions, isLost: isLost))
        // Let the poll return now instead of after its whole timeout.
        rd_kafka_yield(client)
    }

    private static func report(_ error: OpaquePointer?, _ client: OpaquePointer, _ context: ClientContext) {
        guard let error else { return }
        let failure = Failure(taking: error, of: client)
        context.notice(severity: 4, subject: "REBALANCE", message: "\(failure.code): \(failure.message)")
    }

    func subscribe(to topics: [String]) throws(LogError) {
        let list = PartitionList(topics: topics)
        if !isSubscribed { handle.context.isAwaitingFirstAssignment = true }
        let code = rd_kafka_subscribe(handle.pointer, list.pointer)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw Failure(code, of: handle.pointer).logError(during: .group, doing: "subscribe")
        }
        isSubscribed = true
    }

    func poll(
        into batch: inout InputBatch,
        limits: PollLimits,
        timeoutMilliseconds: Int32
    ) throws(LogError) -> PollOutcome {
        batch.removeAll()
        try checkUsable("poll")
        if let outcome = rebalanceOutcome() { return outcome }
        _ = try loop.fill(&batch, from: handle, limits: limits, timeoutMilliseconds: timeoutMilliseconds)
        guard batch.isEmpty else { return .records }
        return rebalanceOutcome() ?? .idle
    }

    /// A client with a fatal error neither reads nor joins any more. It says so in one message, which a seek may drop, so it is asked.
    private func checkUsable(_ what: String) throws(LogError) {
        guard rd_kafka_fatal_error(handle.pointer, nil, 0) != RD_KAFKA_RESP_ERR_NO_ERROR else { return }
        throw Failure(RD_KAFKA_RESP_ERR__FATAL, of: handle.pointer).logError(during: .group, doing: what)
    }

    private func rebalanceOutcome() -> PollOutcome? {
        guard let rebalance = handle.context.takeRebalance() else { return nil }
        unanswered = rebalance
        switch rebalance {
        case .assigned(let partitions): return .assigned(partitions)
        case .revoked(let partitions, let wasLost):
            // It may have been lost while records read before were still being processed.
            let isLost = wasLost || rd_kafka_assignment_lost(handle.pointer) != 0
            return isLost ? .lost(partitions) : .revoked(partitions)
        }
    }

    func assign(_ positions: [PartitionPosition]) throws(LogError) {
        guard !positions.isEmpty else { return }
        let list = PartitionList(positions)
        try check(rd_kafka_incremental_assign(handle.pointer, list.pointer), "assign")
        unanswered = nil
    }

    func unassign(_ partitions: [TopicPartition]) throws(LogError) {
        guard !partitions.isEmpty else { return }
        loop.reset()
        // The library remembers a pause beyond the assignment.
        try resume(partitions.filter { paused.contains($0) })
        let list = PartitionList(partitions)
        try check(rd_kafka_incremental_unassign(handle.pointer, list.pointer), "unassign")
        unanswered = nil
    }

    private func check(_ error: OpaquePointer?, _ what: String) throws(LogError) {
        guard let error else { return }
        throw Failure(taking: error, of: handle.pointer).logError(during: .group, doing: what)
    }

    func seek(to positions: [PartitionPosition]) throws(LogError) {
        loop.reset()
        // Lost partitions can't be sought; the next poll tells that they are lost.
        guard rd_kafka_assignment_lost(handle.pointer) == 0 else { return }
        let assigned = try assignment()
        do throws(LogError) {
            try reader.seek(to: positions.filter { assigned.contains($0.partition) })
        } catch {
            guard rd_kafka_assignment_lost(handle.pointer) == 0 else { return }
            throw error
        }
    }

    func pause(_ partitions: [TopicPartition]) throws(LogError) {
        let assigned = try assignment()
        let partitions = partitions.filter { assigned.contains($0) }
        guard !partitions.isEmpty else { return }
        try reader.pause(partitions)
        paused.formUnion(partitions)
    }

    func resume(_ partitions: [TopicPartition]) throws(LogError) {
        let partitions = partitions.filter { paused.contains($0) }
        guard !partitions.isEmpty else { return }
        try reader.resume(partitions)
        paused.subtract(partitions)
    }

    private func assignment() throws(LogError) -> Set<TopicPartition> {
        var list: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        let code = rd_kafka_assignment(handle.pointer, &list)
        defer { if let list { rd_kafka_topic_partition_list_destroy(list) } }
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR, let list else {
            throw Failure(code, of: handle.pointer).logError(during: .group, doing: "assignment")
        }
        return Set(PartitionList.partitions(of: list))
    }

    func watermarks(of partition: TopicPartition) throws(LogError) -> (low: Int64, high: Int64) {
        try reader.watermarks(of: partition)
    }

    /// The end that the last fetch told; nil before the first.
    func seenEnd(of partition: TopicPartition) -> Int64? {
        var low: Int64 = 0
        var high: Int64 = 0
        let code = rd_kafka_get_watermark_offsets(
            handle.pointer,
            partition.topic,
            partition.partition,
            &low,
            &high
        )
        return code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 ? high : nil
    }

    /// Committed offsets; because the consumer reads committed, the broker answers only with stable ones (KIP-447).
    func committedOffsets(of partitions: [TopicPartition]) throws(LogError) -> [Int64?] {
        guard !partitions.isEmpty else { return [] }
        let deadline = reader.patience.deadline
        while true {
            let list = PartitionList(partitions)
            let code = rd_kafka_committed(handle.pointer, list.pointer, reader.patience.sliceMilliseconds(deadline))
            if code == RD_KAFKA_RESP_ERR_NO_ERROR, list.firstError == nil {
                return (0..<list.count).map { list.offset(at: $0) < 0 ? nil : list.offset(at: $0) }
            }
            let failed = code == RD_KAFKA_RESP_ERR_NO_ERROR ? list.firstError ?? code : code
            try reader.retry(failed, deadline, "committed offsets")
        }
    }

    /// Lends the group's metadata: group, member and generation.
    ///
    /// A member that lost its place has no member id any more, and a broker takes transactional offsets without a member id unchecked
    /// (KIP-447 keeps that for old clients). So the loss is looked for here, after the metadata was taken: a loss that comes later
    /// leaves the old member and generation in the metadata, which the broker refuses.
    /// - Throws: `.fenced` when this member's assignment was lost, `.rejoin` when its client can't be used any more.
    func withGroupMetadata(_ body: (OpaquePointer?) throws(LogError) -> Void) throws(LogError) {
        try checkUsable("commit")
        let metadata = rd_kafka_consumer_group_metadata(handle.pointer)
        defer { if let metadata { rd_kafka_consumer_group_metadata_destroy(metadata) } }
        if isSubscribed, rd_kafka_assignment_lost(handle.pointer) != 0 || !isMember {
            throw LogError(
                .fenced,
                code: "_ASSIGNMENT_LOST",
                message: "commit: this member lost its place in the group"
            )
        }
        try body(metadata)
    }

    private var isMember: Bool {
        guard let member = rd_kafka_memberid(handle.pointer) else { return false }
        defer { rd_kafka_mem_free(handle.pointer, member) }
        return member.pointee != 0
    }

    /// Answers what is unanswered, leaves the group and closes.
    func close() {
        guard !isCloseStarted else { return }
        isCloseStarted = true
        isSubscribed = false
        for pending in [unanswered].compactMap(\.self) + handle.context.beginClosing() {
            switch pending {
            case .assigned(let partitions):
                let list = PartitionList(partitions)
                GroupConsumer.report(
                    rd_kafka_incremental_assign(handle.pointer, list.pointer),
                    handle.pointer,
                    handle.context
                )
            case .revoked(let partitions, _):
                let list = PartitionList(partitions)
                GroupConsumer.report(
                    rd_kafka_incremental_unassign(handle.pointer, list.pointer),
                    handle.pointer,
                    handle.context
                )
            }
        }
        if !BoundedClose.run(handle, timeoutMilliseconds: GroupConsumer.closeTimeoutMilliseconds) {
            handle.context.notice(
                severity: 4,
                subject: "CLOSE",
                message:
                    "the group member has not closed in \(GroupConsumer.closeTimeoutMilliseconds) ms; it is left behind"
            )
        }
    }
}
