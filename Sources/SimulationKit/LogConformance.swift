public import StreamCore

/// What a stream thread relies on, as checks that any implementation of `Log` must pass: the in-memory log of the simulations and
/// Kafka's are held to the same ones, so that what holds in a simulation holds in production.
public struct LogConformance<L: Log & ~Copyable> {
    private let world: ConformanceWorld<L>
    let input: String
    let output: String
    let groupID: String
    var findings: [String] = []

    /// Runs one check with topics and a group of its own.
    /// - Returns: what does not hold; empty when all is well.
    public static func run(_ check: ConformanceCheck, in world: ConformanceWorld<L>) throws -> [String] {
        var conformance = try LogConformance(check, world)
        try conformance.run(check)
        return conformance.findings
    }

    private init(_ check: ConformanceCheck, _ world: ConformanceWorld<L>) throws {
        self.world = world
        input = world.uniqueName("\(check.rawValue)-in")
        output = world.uniqueName("\(check.rawValue)-out")
        groupID = world.uniqueName("\(check.rawValue)-group")
        try world.createTopic(input, 2, false)
        try world.createTopic(output, 1, check == .compactedTopics)
    }

    private mutating func run(_ check: ConformanceCheck) throws {
        switch check {
        case .order: try checkOrder()
        case .bytes: try checkBytes()
        case .visibility: try checkVisibility()
        case .abortedOffsets: try checkAbortedOffsets()
        case .commitTogether: try checkCommitTogether()
        case .producerFencing: try checkProducerFencing()
        case .orphanedTransaction: try checkOrphanedTransaction()
        case .generationFencing: try checkGenerationFencing()
        case .joining: try checkJoining()
        case .leaving: try checkLeaving()
        case .staticRestart: try checkStaticRestart()
        case .staticIntruder: try checkStaticIntruder()
        case .unknownOutcome: try checkUnknownOutcome()
        case .seeking: try checkSeeking()
        case .restoring: try checkRestoring()
        case .pausing: try checkPausing()
        case .compactedTopics: try checkCompactedTopics()
        case .emptyPolls: try checkEmptyPolls()
        case .pollLimits: try checkPollLimits()
        case .recordLimits: try checkRecordLimits()
        case .emptyTransactions: try checkEmptyTransactions()
        }
    }

    // MARK: What the checks share

    var inputs: [TopicPartition] { [TopicPartition(input, 0), TopicPartition(input, 1)] }
    var out: TopicPartition { TopicPartition(output, 0) }
    var disturbCommits: (@Sendable (Bool) -> Void)? { world.disturbCommits }
    var fittingValueBytes: Int { world.fittingValueBytes }
    var unfittingValueBytes: Int { world.unfittingValueBytes }

    mutating func expect(_ isTrue: Bool, _ what: @autoclosure () -> String) {
        if !isTrue { findings.append(what()) }
    }

    mutating func expectEqual<Value: Equatable>(_ value: Value, _ expected: Value, _ what: String) {
        if value != expected { findings.append("\(what): \(value), not \(expected)") }
    }

    /// Opens a log; it joins the group with its first `subscribe`.
    func member(_ name: String = "a", isStatic: Bool = false) throws -> ConformanceMember<L> {
        let identity = ConformanceWorld<L>.Identity(
            groupID: groupID,
            transactionalID: "\(groupID)-\(name)",
            instanceID: isStatic ? "\(groupID)-\(name)" : nil
        )
        return ConformanceMember(log: try world.open(identity), pollMilliseconds: world.pollMilliseconds)
    }

    func outlastMembers() { world.outlastMembers(groupID) }

    static func record(_ value: String, key: String = "k", timestampMilliseconds: Int64 = 0) -> SimulatedRecord {
        SimulatedRecord(
            key: Array(key.utf8),
            value: Array(value.utf8),
            timestampMilliseconds: timestampMilliseconds
        )
    }

    /// Appends `v<number>` for each number, the even ones to partition 0 and the odd ones to 1.
    func append(_ numbers: Range<Int>) throws {
        for remainder in 0...1 {
            let records = numbers.filter { $0 % 2 == remainder }.map { number in
                Self.record("v\(number)", key: "k\(number)", timestampMilliseconds: 1_700_000_000_000 + Int64(number))
            }
            if !records.isEmpty { try append(records, to: inputs[remainder]) }
        }
    }

    func append(_ records: [SimulatedRecord], to partition: TopicPartition) throws {
        try world.append(records, partition)
    }

    func values(_ numbers: Range<Int>) -> [String] { numbers.map { "v\($0)" }.sorted() }

    /// The values a reader of committed records finds in a partition, from its start to its end.
    func committedValues(of partition: TopicPartition) throws -> [String] {
        try committedRecords(of: partition).map { String(decoding: $0.value ?? [], as: UTF8.self) }
    }

    func committedRecords(of partition: TopicPartition) throws -> [SimulatedRecord] {
        var reader = try member("reader")
        var records: [SimulatedRecord] = []
        try reader.log.readAll(partition) { batch in
            for index in 0..<batch.count { records.append(batch.record(at: index)) }
        }
        reader.log.close()
        return records
    }

    /// The reaction of the error that `body` throws, nil when it throws none.
    func reaction(_ body: () throws -> Void) throws -> LogError.Reaction? {
        do {
            try body()
            return nil
        } catch let error as LogError {
            return error.reaction
        }
    }
}

/// The checks, named for what they look at.
public enum ConformanceCheck: String, Sendable, CaseIterable {
    /// Records of a partition come in order, with ascending offsets, each once.
    case order
    /// Keys, values, tombstones, empty values, timestamps and headers come as they were appended.
    case bytes
    /// Records of open and aborted transactions are not seen, nor what lies behind an open one.
    case visibility
    /// Input positions of an aborted transaction are not committed, and its input can be read again.
    case abortedOffsets
    /// Outputs and input positions become committed together, and a successor goes on there.
    case commitTogether
    /// A second producer of the same transactional id fences the first.
    case producerFencing
    /// What a dead producer left open is gone when its successor begins.
    case orphanedTransaction
    /// A member that lost its place can't commit (KIP-447), and hears that its partitions are lost.
    case generationFencing
    /// A member that joins takes over some partitions; the others are not touched.
    case joining
    /// A member that leaves gives its partitions to the others.
    case leaving
    /// A static member that returns within its session gets its partitions; nobody else hears of it.
    case staticRestart
    /// A second member under the same instance id fences the first, which has to join again and then fences the second.
    case staticIntruder
    /// Whatever a commit answers, outputs and positions are there together or not at all.
    case unknownOutcome
    /// Reading goes on from the position sought.
    case seeking
    /// A partition can be read from before its committed offset.
    case restoring
    /// A paused partition stays its member's and gives nothing until it is resumed; the others go on.
    case pausing
    /// A compacted topic is read to its end, the last record of a key being the one that counts.
    case compactedTopics
    /// Polls that find nothing say so and clear the batch.
    case emptyPolls
    /// A poll keeps to its limits and still gets on.
    case pollLimits
    /// Large records pass; those that are too large are refused for good, and a new producer goes on.
    case recordLimits
    /// Transactions of nothing, and aborts of nothing.
    case emptyTransactions
}
