internal import CRDKafka
public import StreamCore

/// Reads partitions at positions the caller keeps, without a group: for projections, the command line and tests.
///
/// `@unchecked Sendable`: it is not copyable, so one thread owns it at a time, and librdkafka's clients may be called from any thread.
public struct KafkaReader: ~Copyable, @unchecked Sendable {
    /// Which records are seen.
    public enum Isolation: String, Sendable {
        /// Records of committed transactions and records outside of transactions.
        case committed = "read_committed"
        /// Every record, also of open and aborted transactions.
        case uncommitted = "read_uncommitted"
    }

    /// What to do at a position whose record was deleted by retention.
    public enum MissingRecords: String, Sendable {
        /// Fail with a fatal error: the gap must be seen.
        case fail = "error"
        /// Go on with the oldest record there is.
        case earliest
    }

    public struct Options: Sendable, Equatable {
        public var isolation: Isolation
        public var missingRecords: MissingRecords
        /// librdkafka asks the coordinator of a group even where no group is joined; brokers with access control must allow it.
        public var groupID: String
        /// Bound of a request about offsets.
        public var requestTimeoutMilliseconds: Int32

        public init(
            isolation: Isolation = .committed,
            missingRecords: MissingRecords = .fail,
            groupID: String = "meterlog-reader",
            requestTimeoutMilliseconds: Int32 = 30_000
        ) {
            self.isolation = isolation
            self.missingRecords = missingRecords
            self.groupID = groupID
            self.requestTimeoutMilliseconds = requestTimeoutMilliseconds
        }
    }

    private let handle: ClientHandle
    private let reader: PartitionReader
    private var loop = FetchLoop()
    private var assigned: [TopicPartition] = []
    private var ends: [TopicPartition: Int64] = [:]

    /// - Throws: `KafkaError` (fatal) when the settings are refused.
    public init(
        settings: KafkaSettings,
        options: Options = Options(),
        notices: KafkaNoticeHandler? = nil
    ) throws(KafkaError) {
        try self.init(settings: settings, options: options, notices: notices, isStopRequested: { false })
    }

    init(
        settings: KafkaSettings,
        options: Options,
        notices: KafkaNoticeHandler?,
        isStopRequested: @escaping @Sendable () -> Bool
    ) throws(KafkaError) {
        let configuration = try ClientConfiguration(settings, kind: .consumer)
        try configuration.set("group.id", options.groupID)
        try configuration.set("isolation.level", options.isolation.rawValue)
        try configuration.set("auto.offset.reset", options.missingRecords.rawValue)
        try configuration.set("enable.auto.commit", "false")
        try configuration.set("enable.auto.offset.store", "false")
        try configuration.set("enable.partition.eof", "true")
        // The end of a partition is seen only when a fetch has waited in vain; the library's 500 ms would be paid by every `readAll`.
        if settings.consumerProperties["fetch.wait.max.ms"] == nil {
            try configuration.set("fetch.wait.max.ms", "50")
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

    /// Reads exactly these partitions from now on, from these positions.
    public mutating func assign(_ positions: [PartitionPosition]) throws(LogError) {
        loop.reset()
        let list = PartitionList(positions)
        let code = rd_kafka_assign(handle.pointer, list.pointer)
        guard code == RD_KAFKA_RESP_ERR_NO_ERROR else {
            throw Failure(code, of: handle.pointer).logError(during: .consume, doing: "assign")
        }
        assigned = positions.map(\.partition)
        ends.removeAll()
    }

    /// Continues assigned partitions at other positions.
    public mutating func seek(to positions: [PartitionPosition]) throws(LogError) {
        loop.reset()
        try reader.seek(to: positions)
        for position in positions { ends[position.partition] = nil }
    }

    /// Stops fetching from partitions until `resume`; records already fetched are dropped and fetched again.
    public mutating func pause(_ partitions: [TopicPartition]) throws(LogError) {
        try reader.pause(partitions)
    }

    public mutating func resume(_ partitions: [TopicPartition]) throws(LogError) {
        try reader.resume(partitions)
    }

    /// Waits up to `timeoutMilliseconds` for the first record, then takes what is there without waiting, up to the limits. `batch` is
    /// cleared first. Returns early, without records, when the end of a partition was reached.
    /// - Returns: whether there are records.
    public mutating func poll(
        into batch: inout InputBatch,
        limits: PollLimits = PollLimits(),
        timeoutMilliseconds: Int32
    ) throws(LogError) -> Bool {
        batch.removeAll()
        let found = try loop.fill(&batch, from: handle, limits: limits, timeoutMilliseconds: timeoutMilliseconds)
        for partition in batch.partitions { ends[partition] = nil }
        for end in found.ends { ends[end.partition] = end.nextOffset }
        return !batch.isEmpty
    }

    /// The next offset of the partition when its end was reached by the last records polled, else nil.
    public func end(of partition: TopicPartition) -> Int64? { ends[partition] }

    /// Whether every assigned partition was read to its end (at the time of the last fetch).
    public var isAtEnd: Bool { assigned.allSatisfy { ends[$0] != nil } }

    /// First and one-past-last readable offsets; with `.committed` the last is the last stable offset.
    public func watermarks(of partition: TopicPartition) throws(LogError) -> (low: Int64, high: Int64) {
        try reader.watermarks(of: partition)
    }

    /// The offset of the first record of each partition whose timestamp is not before the given time, nil when there is none.
    /// - Parameter milliseconds: since 1970-01-01T00:00:00Z.
    public func offsets(
        of partitions: [TopicPartition],
        atOrAfterMilliseconds milliseconds: Int64
    ) throws(LogError) -> [Int64?] {
        let deadline = reader.patience.deadline
        while true {
            let list = PartitionList(partitions.map { PartitionPosition($0, nextOffset: milliseconds) })
            let code = rd_kafka_offsets_for_times(
                handle.pointer,
                list.pointer,
                reader.patience.sliceMilliseconds(deadline)
            )
            if code == RD_KAFKA_RESP_ERR_NO_ERROR, list.firstError == nil {
                return (0..<list.count).map { list.offset(at: $0) < 0 ? nil : list.offset(at: $0) }
            }
            let failed = code == RD_KAFKA_RESP_ERR_NO_ERROR ? list.firstError ?? code : code
            try reader.retry(failed, deadline, "offsets for times")
        }
    }

    /// Reads a partition from its first record to its end at the time of the call; `body` sees every batch.
    public mutating func readAll(
        _ partition: TopicPartition,
        limits: PollLimits = PollLimits(),
        _ body: (InputBatch) -> Void
    ) throws(LogError) {
        let (low, high) = try watermarks(of: partition)
        guard low < high else { return }
        try assign([PartitionPosition(partition, nextOffset: low)])
        var batch = InputBatch()
        // Bounds the silence, not the whole: a long partition may take long.
        var silence = reader.patience.deadline
        while true {
            if try poll(into: &batch, limits: limits, timeoutMilliseconds: 250) {
                silence = reader.patience.deadline
                body(batch)
                if let last = batch.entries.last, last.offset >= high - 1 { return }
            }
            if let end = end(of: partition), end >= high { return }
            guard !reader.patience.isOver(silence) else {
                throw LogError(.retry, code: "_TIMED_OUT", message: "\(partition) could not be read to offset \(high)")
            }
        }
    }
}
