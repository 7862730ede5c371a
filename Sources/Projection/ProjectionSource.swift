import KafkaIO
import StreamCore

/// The log as a projection reads it: all partitions of its topics, at positions that the database keeps.
struct ProjectionSource: ~Copyable {
    let partitions: [TopicPartition]
    private let admin: KafkaAdmin
    private var reader: KafkaReader
    private let limits: ProjectionLimits
    private let topics: [String]
    private var ends: [TopicPartition: Int64] = [:]
    private var nextWatch = ContinuousClock.now
    /// Ends were looked up by the last `watch`.
    private(set) var hasFreshEnds = false

    /// Connects and looks up the partitions.
    /// - Throws: `.retry` while a topic is not there yet.
    init(_ configuration: ProjectionConfiguration, _ name: ProjectionName) throws(ProjectionFailure) {
        let admin = try Self.admin(configuration)
        let partitions = try Self.partitions(of: name.topics, admin)
        let reader = try Self.reader(configuration, name)
        self.limits = configuration.limits
        self.topics = name.topics
        self.partitions = partitions
        self.admin = admin
        self.reader = reader
    }

    private static func admin(_ configuration: ProjectionConfiguration) throws(ProjectionFailure) -> KafkaAdmin {
        do throws(KafkaError) {
            return try KafkaAdmin(
                settings: configuration.kafka,
                timeoutMilliseconds: configuration.limits.requestTimeoutMilliseconds
            )
        } catch {
            throw ProjectionFailure(error)
        }
    }

    private static func reader(
        _ configuration: ProjectionConfiguration,
        _ name: ProjectionName
    ) throws(ProjectionFailure) -> KafkaReader {
        do throws(KafkaError) {
            return try KafkaReader(
                settings: configuration.kafka,
                options: .init(
                    // Retention is judged when a session starts, by the topic's own rule.
                    missingRecords: name.isKeptForEver ? .fail : .earliest,
                    groupID: "meterlog-projector-\(name.rawValue)",
                    requestTimeoutMilliseconds: configuration.limits.requestTimeoutMilliseconds
                )
            )
        } catch {
            throw ProjectionFailure(error)
        }
    }

    private static func partitions(
        of topics: [String],
        _ admin: KafkaAdmin
    ) throws(ProjectionFailure) -> [TopicPartition] {
        let known: [KafkaTopic]
        do throws(KafkaError) {
            known = try admin.topics()
        } catch {
            throw ProjectionFailure(error)
        }
        var partitions: [TopicPartition] = []
        for topic in topics {
            guard let found = known.first(where: { $0.name == topic }) else {
                throw ProjectionFailure(.retry, "there is no topic \(topic)")
            }
            for number in 0..<found.partitionCount { partitions.append(TopicPartition(topic, number)) }
        }
        return partitions
    }

    /// First offset of each partition.
    mutating func lowOffsets() throws(ProjectionFailure) -> [TopicPartition: Int64] {
        var lows: [TopicPartition: Int64] = [:]
        do throws(LogError) {
            for partition in partitions {
                let (low, high) = try reader.watermarks(of: partition)
                lows[partition] = low
                ends[partition] = high
            }
        } catch {
            throw ProjectionFailure(error)
        }
        return lows
    }

    mutating func assign(_ positions: [PartitionPosition]) throws(ProjectionFailure) {
        do throws(LogError) {
            try reader.assign(positions)
        } catch {
            throw ProjectionFailure(error)
        }
    }

    mutating func pause(_ partitions: [TopicPartition]) throws(ProjectionFailure) {
        guard !partitions.isEmpty else { return }
        do throws(LogError) {
            try reader.pause(partitions)
        } catch {
            throw ProjectionFailure(error)
        }
    }

    /// Whether there are records.
    mutating func poll(into batch: inout InputBatch, timeoutMilliseconds: Int32) throws(ProjectionFailure) -> Bool {
        do throws(LogError) {
            return try reader.poll(
                into: &batch,
                limits: PollLimits(maxRecords: limits.recordsPerPoll, maxBytes: limits.bytesPerPoll),
                timeoutMilliseconds: timeoutMilliseconds
            )
        } catch {
            throw ProjectionFailure(error)
        }
    }

    /// Looks up, now and then, the ends of partitions and whether there are new ones.
    /// - Returns: whether the number of partitions changed.
    mutating func watch() throws(ProjectionFailure) -> Bool {
        hasFreshEnds = false
        guard ContinuousClock.now >= nextWatch else { return false }
        nextWatch = ContinuousClock.now.advanced(by: .milliseconds(limits.watchMilliseconds))
        let current = try Self.partitions(of: topics, admin)
        guard current == partitions else { return true }
        do throws(LogError) {
            for partition in partitions { ends[partition] = try reader.watermarks(of: partition).high }
        } catch {
            throw ProjectionFailure(error)
        }
        hasFreshEnds = true
        return false
    }

    /// The end of the partition when everything before it was polled.
    func reachedEnd(of partition: TopicPartition) -> Int64? { reader.end(of: partition) }

    /// One past the last readable record when it was last looked up.
    func endOffset(of partition: TopicPartition) -> Int64? { ends[partition] }
}
