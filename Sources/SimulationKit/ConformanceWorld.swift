public import StreamCore

/// What `LogConformance` needs of an implementation besides the log itself: members, topics, records from outside, and time.
public struct ConformanceWorld<L: Log & ~Copyable>: Sendable {
    /// Who opens a log.
    public struct Identity: Sendable {
        public var groupID: String
        public var transactionalID: String
        /// Static membership; nil is a dynamic member.
        public var instanceID: String?
    }

    public var open: @Sendable (Identity) throws -> L
    /// A topic of one replica that keeps its records; a compacted one keeps the last of each key at the least.
    public var createTopic: @Sendable (_ name: String, _ partitions: Int, _ isCompacted: Bool) throws -> Void
    /// Appends committed records, in order.
    public var append: @Sendable ([SimulatedRecord], TopicPartition) throws -> Void
    /// Returns when the group has given up its members, none of which polls meanwhile.
    public var outlastMembers: @Sendable (_ groupID: String) -> Void
    /// Has the next commits end with an unknown outcome; nil where that can't be arranged.
    public var disturbCommits: (@Sendable (Bool) -> Void)?
    /// Bytes of a value that every topic takes, and of one that none takes.
    public var fittingValueBytes: Int
    public var unfittingValueBytes: Int
    /// Time of one poll.
    public var pollMilliseconds: Int32
    /// Makes names that no other run used.
    public var uniqueName: @Sendable (String) -> String

    public init(
        open: @escaping @Sendable (Identity) throws -> L,
        createTopic: @escaping @Sendable (_ name: String, _ partitions: Int, _ isCompacted: Bool) throws -> Void,
        append: @escaping @Sendable ([SimulatedRecord], TopicPartition) throws -> Void,
        outlastMembers: @escaping @Sendable (_ groupID: String) -> Void,
        disturbCommits: (@Sendable (Bool) -> Void)? = nil,
        fittingValueBytes: Int = 900_000,
        unfittingValueBytes: Int = 5_000_000,
        pollMilliseconds: Int32 = 50,
        uniqueName: @escaping @Sendable (String) -> String
    ) {
        self.open = open
        self.createTopic = createTopic
        self.append = append
        self.outlastMembers = outlastMembers
        self.disturbCommits = disturbCommits
        self.fittingValueBytes = fittingValueBytes
        self.unfittingValueBytes = unfittingValueBytes
        self.pollMilliseconds = pollMilliseconds
        self.uniqueName = uniqueName
    }
}

extension ConformanceWorld where L == SimulatedLog {
    /// The in-memory log, without faults; the seed cuts its polls.
    public static func simulated(seed: UInt64) -> ConformanceWorld<SimulatedLog> {
        let cluster = SimulatedCluster(seed: seed)
        return ConformanceWorld(
            open: { identity in
                SimulatedLog(
                    cluster: cluster,
                    groupID: identity.groupID,
                    transactionalID: identity.transactionalID,
                    instanceID: identity.instanceID
                )
            },
            createTopic: { name, partitions, _ in cluster.createTopic(name, partitions: partitions) },
            append: { records, partition in
                for record in records { cluster.append(record, to: partition) }
            },
            outlastMembers: { cluster.expireMembers(ofGroup: $0) },
            disturbCommits: { isOn in
                var plan = FaultPlan()
                plan.unknownCommit = isOn ? 1_000_000 : 0
                cluster.setFaults(plan)
            },
            uniqueName: { "\($0)-\(seed)" }
        )
    }
}
