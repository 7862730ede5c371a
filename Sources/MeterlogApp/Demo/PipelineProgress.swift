import KafkaIO
import PostgresIO
import StreamCore

/// Tells whether what is in the log has gone all the way into the read models.
///
/// The end of a topic written in transactions is not a record but a marker, so "caught up" is not "committed offset = end": it is
/// "no record that a committed reader would see lies behind the committed offset".
struct PipelineProgress {
    /// Who reads a topic, and where it keeps its position.
    private enum Reader {
        case group(String)
        case projections
    }

    private static let stages: [(topics: [String], reader: Reader)] = [
        (["meter.raw"], .group("meterlog-normalizer")),
        (["meter.raw.alarms"], .group("meterlog-alarms")),
        (["meter.journal"], .group("meterlog-vee")),
        (
            [
                "meter.validated", "meter.exceptions", "meter.deadletter", "meter.alarms.p0", "meter.alarms.p1",
                "meter.alarms.p2", "meter.alarms.p3", "meter.payloads",
            ], .projections
        ),
    ]

    private let cluster: ClusterAccess
    private let database: DatabaseAccess
    private let admin: KafkaAdmin

    init(cluster: ClusterAccess, database: DatabaseAccess) throws {
        self.cluster = cluster
        self.database = database
        admin = try cluster.admin()
    }

    /// The first stage that has something left to do, nil when everything is projected. Asked in the order of the data's way, so
    /// that a later stage is judged only when nothing more can come to it.
    func firstUnfinished() throws -> String? {
        let counts = try cluster.partitionCounts()
        for (topics, reader) in PipelineProgress.stages {
            for topic in topics {
                let partitions = (0..<(counts[topic] ?? 0)).map { TopicPartition(topic, $0) }
                for (partition, committed) in zip(partitions, try positions(of: partitions, reader)) {
                    if try hasRecords(partition, from: committed) { return "\(partition)" }
                }
            }
        }
        return nil
    }

    private func positions(of partitions: [TopicPartition], _ reader: Reader) throws -> [Int64] {
        switch reader {
        case .group(let group):
            return try admin.committedOffsets(ofGroup: group, partitions).map { $0 ?? 0 }
        case .projections:
            var connection = try database.connect("meterlog-progress")
            var positions: [Int64] = []
            for partition in partitions {
                let rows = try connection.query(
                    "SELECT min(next_offset) FROM projection_offsets WHERE topic = $1 AND partition = $2",
                    [.text(partition.topic), .int32(partition.partition)]
                )
                positions.append(try rows.optionalInt64(0, 0) ?? 0)
            }
            return positions
        }
    }

    /// Whether a committed record lies at or after `offset`.
    private func hasRecords(_ partition: TopicPartition, from offset: Int64) throws -> Bool {
        let (low, high) = try admin.watermarks(of: partition)
        guard max(low, offset) < high else { return false }
        // Far behind: no need to look closer.
        if high - offset > 1000 { return true }
        var reader = try KafkaReader(
            settings: cluster.kafka,
            options: KafkaReader.Options(missingRecords: .earliest),
            notices: cluster.notices
        )
        try reader.assign([PartitionPosition(partition, nextOffset: max(low, offset))])
        var batch = InputBatch()
        let deadline = Stopwatch.seconds() + 10
        while Stopwatch.seconds() < deadline {
            if try reader.poll(into: &batch, limits: PollLimits(maxRecords: 1), timeoutMilliseconds: 200) {
                return true
            }
            if reader.isAtEnd { return false }
        }
        return true
    }
}
