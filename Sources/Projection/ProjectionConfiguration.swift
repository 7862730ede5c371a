public import KafkaIO
public import PostgresIO

/// What the projections need to run.
public struct ProjectionConfiguration: Sendable {
    public var kafka: KafkaSettings
    public var database: PostgresConnectionOptions
    /// Each gets a thread, a reader and a connection of its own, so that alarms never wait for readings.
    public var projections: Set<ProjectionName>
    /// The generation to fold into; nil is the one that the public views show.
    public var generation: Int32?
    public var limits: ProjectionLimits

    public init(
        kafka: KafkaSettings,
        database: PostgresConnectionOptions,
        projections: Set<ProjectionName> = Set(ProjectionName.allCases),
        generation: Int32? = nil,
        limits: ProjectionLimits = ProjectionLimits()
    ) {
        self.kafka = kafka
        self.database = database
        self.projections = projections
        self.generation = generation
        self.limits = limits
    }

    public init(kafka: KafkaSettings, databaseURL: String, limits: ProjectionLimits = ProjectionLimits()) {
        self.init(
            kafka: kafka,
            database: PostgresConnectionOptions(url: databaseURL, applicationName: "meterlog-projector"),
            limits: limits
        )
    }
}

/// Limits of a projector. One transaction ends at whichever comes first.
public struct ProjectionLimits: Sendable, Equatable {
    public var rowsPerTransaction: Int
    /// Bytes of records read.
    public var bytesPerTransaction: Int
    /// From the first record of a transaction, while more may come.
    public var lingerMilliseconds: Int
    public var recordsPerPoll: Int
    public var bytesPerPoll: Int
    /// First and longest pause after a failure.
    public var backoffMilliseconds: ClosedRange<Int>
    /// How often a projector that stands by asks whether it may take over.
    public var standbyMilliseconds: Int
    /// How often lag and the number of partitions are looked up.
    public var watchMilliseconds: Int
    /// Bound of one request to the log.
    public var requestTimeoutMilliseconds: Int32

    public init(
        rowsPerTransaction: Int = 100_000,
        bytesPerTransaction: Int = 32 << 20,
        lingerMilliseconds: Int = 100,
        recordsPerPoll: Int = 1000,
        bytesPerPoll: Int = 8 << 20,
        backoffMilliseconds: ClosedRange<Int> = 100...5000,
        standbyMilliseconds: Int = 1000,
        watchMilliseconds: Int = 5000,
        requestTimeoutMilliseconds: Int32 = 3000
    ) {
        self.rowsPerTransaction = rowsPerTransaction
        self.bytesPerTransaction = bytesPerTransaction
        self.lingerMilliseconds = lingerMilliseconds
        self.recordsPerPoll = recordsPerPoll
        self.bytesPerPoll = bytesPerPoll
        self.backoffMilliseconds = backoffMilliseconds
        self.standbyMilliseconds = standbyMilliseconds
        self.watchMilliseconds = watchMilliseconds
        self.requestTimeoutMilliseconds = requestTimeoutMilliseconds
    }
}
