import Foundation
import KafkaIO
import StreamCore

/// A stream thread in small, over librdkafka: answers assignments from the committed offsets, and passes what it reads on
/// to an output topic in upper case, each batch in one transaction with its input offsets.
struct StreamMember: ~Copyable {
    var log: KafkaLog
    /// Partitions that are read by this member.
    private(set) var owned: Set<TopicPartition> = []
    /// Positions after what was read and not committed.
    private(set) var pending: [TopicPartition: Int64] = [:]
    private(set) var values: [String] = []
    /// Times that partitions were given or taken.
    private(set) var rebalances = 0
    private var batch = InputBatch()

    init(_ brokers: String, group: String, name: String, instance: String? = nil) throws {
        let settings = KafkaSettings(
            brokers: [brokers],
            clientID: name,
            consumerProperties: ["session.timeout.ms": "6000", "heartbeat.interval.ms": "100"]
        )
        let options = KafkaLog.Options(
            groupID: group,
            transactionalID: name,
            groupInstanceID: instance,
            transactionTimeoutMilliseconds: 10_000,
            requestTimeoutMilliseconds: 10_000
        )
        log = try KafkaLog(settings: settings, options: options)
    }

    /// One poll, with the answers a stream thread gives; records wait for `passOn`.
    mutating func step(timeoutMilliseconds: Int32 = 50) throws {
        switch try log.poll(into: &batch, limits: PollLimits(), timeoutMilliseconds: timeoutMilliseconds) {
        case .idle: return
        case .records:
            for index in 0..<batch.count {
                values.append(String(decoding: batch.bytes[batch.entries[index].value], as: UTF8.self))
                pending[batch.partition(of: index)] = batch.entries[index].offset + 1
            }
        case .assigned(let partitions):
            let committed = try log.committedOffsets(of: partitions)
            try log.assign(zip(partitions, committed).map { PartitionPosition($0, nextOffset: $1 ?? 0) })
            owned.formUnion(partitions)
            rebalances += 1
        case .revoked(let partitions), .lost(let partitions):
            try log.unassign(partitions)
            owned.subtract(partitions)
            for partition in partitions { pending[partition] = nil }
            rebalances += 1
        }
    }

    /// Steps until the condition holds.
    mutating func run(until seconds: Double = 20, _ condition: (borrowing StreamMember) -> Bool) throws {
        let end = Date().addingTimeInterval(seconds)
        while !condition(self) {
            guard Date() < end else { throw TestFailure("not reached in \(seconds) s: owned \(owned), read \(values)") }
            try step()
        }
    }

    /// What was read goes to each of the first `partitions` partitions of the topic, and the input offsets with it.
    mutating func passOn(to topic: String, partitions: Int32 = 1) throws {
        try write(values.map { $0.uppercased() }, to: topic, partitions: partitions)
        let positions = pending.sorted { $0.key < $1.key }.map { PartitionPosition($0.key, nextOffset: $0.value) }
        while true {
            do throws(LogError) {
                try log.commit(positions)
                break
            } catch {
                guard error.reaction == .retry else { throw error }
                usleep(50_000)
            }
        }
        values = []
        pending = [:]
    }

    /// Begins a transaction and writes each value into it, once for each of the first `partitions` partitions.
    mutating func write(_ values: [String], to topic: String, partitions: Int32 = 1) throws {
        try log.beginTransaction()
        for value in values {
            for partition in 0..<partitions {
                try log.produce(topic: topic, partition: partition, key: [], value: Array(value.utf8))
            }
        }
    }

    /// What was read and not passed on is forgotten, and will be read again.
    mutating func goBack() throws {
        values = []
        pending = [:]
        let partitions = owned.sorted()
        let committed = try log.committedOffsets(of: partitions)
        try log.seek(to: zip(partitions, committed).map { PartitionPosition($0, nextOffset: $1 ?? 0) })
    }
}

/// A record as a consumer sees it.
struct SeenRecord {
    var offset: Int64
    var timestamp: Int64
    var key: String
    var value: String
}

/// The records of a partition, from its first to its end.
func readRecords(
    _ brokers: String,
    _ partition: TopicPartition,
    isolation: KafkaReader.Isolation = .committed
) throws -> [SeenRecord] {
    var reader = try KafkaReader(
        settings: KafkaSettings(brokers: [brokers], clientID: "reader"),
        options: KafkaReader.Options(isolation: isolation, requestTimeoutMilliseconds: 10_000)
    )
    var records: [SeenRecord] = []
    try reader.readAll(partition) { batch in
        for entry in batch.entries {
            records.append(
                SeenRecord(
                    offset: entry.offset,
                    timestamp: entry.timestampMilliseconds,
                    key: String(decoding: batch.bytes[entry.key], as: UTF8.self),
                    value: String(decoding: batch.bytes[entry.value], as: UTF8.self)
                )
            )
        }
    }
    return records
}

/// The values of a partition, from its first record to its end.
func readValues(
    _ brokers: String,
    _ partition: TopicPartition,
    isolation: KafkaReader.Isolation = .committed
) throws -> [String] {
    try readRecords(brokers, partition, isolation: isolation).map(\.value)
}
