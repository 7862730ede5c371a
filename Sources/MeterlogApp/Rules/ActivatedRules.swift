import KafkaIO
import MeterCore
import StreamCore

/// The rule sets that were put into force, as `meter.rules` tells it.
struct ActivatedRules: Sendable {
    struct Activation: Sendable {
        var version: String
        /// Data time from which it holds.
        var effectiveFrom: Instant
        /// Receive time of its payload.
        var activatedAtMilliseconds: Int64
        var json: String
    }

    static let topic = "meter.rules"

    /// In the order of the data they hold for; of two for the same time the later one is last and holds.
    let activations: [Activation]

    /// Reads the topic to its end. Blocks.
    init(_ cluster: ClusterAccess) throws {
        guard let topic = try cluster.admin().topics().first(where: { $0.name == ActivatedRules.topic }) else {
            throw AppError.unusable("topic \(ActivatedRules.topic) does not exist. Run: meterlog topics apply")
        }
        var reader = try KafkaReader(
            settings: cluster.kafka,
            options: KafkaReader.Options(missingRecords: .earliest),
            notices: cluster.notices
        )
        var positions: [PartitionPosition] = []
        for number in 0..<topic.partitionCount {
            let target = TopicPartition(ActivatedRules.topic, number)
            positions.append(PartitionPosition(target, nextOffset: try reader.watermarks(of: target).low))
        }
        try reader.assign(positions)
        var found = [String: Activation]()
        var batch = InputBatch()
        repeat {
            _ = try reader.poll(into: &batch, limits: PollLimits(maxRecords: 1000), timeoutMilliseconds: 500)
            for index in 0..<batch.count {
                let entry = batch.entries[index]
                let key = String(decoding: batch.bytes[entry.key], as: UTF8.self)
                guard let activation = ActivatedRules.activation(key, batch, index) else { continue }
                found[key] = entry.isTombstone ? nil : activation
            }
        } while !reader.isAtEnd
        activations = found.values.sorted {
            ($0.effectiveFrom, $0.activatedAtMilliseconds, $0.version)
                < ($1.effectiveFrom, $1.activatedAtMilliseconds, $1.version)
        }
    }

    private static func activation(_ key: String, _ batch: borrowing InputBatch, _ index: Int) -> Activation? {
        let parts = key.split(separator: "@", maxSplits: 1)
        guard parts.count == 2 else { return nil }
        let stamp = Array(parts[1].utf8)
        guard let from = TimestampText(stamp.span, 0..<stamp.count)?.instant else { return nil }
        let entry = batch.entries[index]
        return Activation(
            version: String(parts[0]),
            effectiveFrom: from,
            activatedAtMilliseconds: entry.timestampMilliseconds,
            json: String(decoding: batch.bytes[entry.value], as: UTF8.self)
        )
    }

    /// What was put into force last, whatever the data time.
    var latest: Activation? {
        activations.max { ($0.activatedAtMilliseconds, $0.version) < ($1.activatedAtMilliseconds, $1.version) }
    }

    /// What holds for data of an instant; nil when the default does.
    func inForce(at instant: Instant) -> Activation? {
        activations.last { $0.effectiveFrom <= instant }
    }
}
