import Foundation
import KafkaIO
import StreamCore
import Testing

/// A stream thread in small: answers assignments from the committed offsets and collects what it reads.
struct LogDriver: ~Copyable {
    var log: KafkaLog
    var owned: Set<TopicPartition> = []
    var next: [TopicPartition: Int64] = [:]
    var values: [String] = []
    var lost = 0
    private var batch = InputBatch()

    init(
        _ brokers: String,
        group: String,
        transactionalID: String,
        instance: String? = nil,
        requestTimeoutMilliseconds: Int32 = 10_000,
        maxPollIntervalMilliseconds: Int = 60_000
    ) throws {
        let settings = KafkaSettings(
            brokers: [brokers],
            clientID: transactionalID,
            consumerProperties: [
                "session.timeout.ms": "6000", "heartbeat.interval.ms": "300",
                "max.poll.interval.ms": String(maxPollIntervalMilliseconds),
            ]
        )
        let options = KafkaLog.Options(
            groupID: group,
            transactionalID: transactionalID,
            groupInstanceID: instance,
            transactionTimeoutMilliseconds: 10_000,
            requestTimeoutMilliseconds: requestTimeoutMilliseconds
        )
        log = try KafkaLog(settings: settings, options: options)
    }

    /// One poll, with the answers a stream thread gives.
    mutating func step(timeoutMilliseconds: Int32 = 100) throws {
        let outcome = try log.poll(into: &batch, limits: PollLimits(), timeoutMilliseconds: timeoutMilliseconds)
        switch outcome {
        case .idle: return
        case .records:
            for index in 0..<batch.count {
                values.append(String(decoding: batch.bytes[batch.entries[index].value], as: UTF8.self))
                next[batch.partition(of: index)] = batch.entries[index].offset + 1
            }
        case .assigned(let partitions):
            let committed = try log.committedOffsets(of: partitions)
            var positions: [PartitionPosition] = []
            for (partition, offset) in zip(partitions, committed) {
                let low = try log.watermarks(of: partition).low
                positions.append(PartitionPosition(partition, nextOffset: offset ?? low))
            }
            try log.assign(positions)
            owned.formUnion(partitions)
        case .revoked(let partitions):
            try commit()
            try drop(partitions)
        case .lost(let partitions):
            lost += 1
            try drop(partitions)
        }
    }

    private mutating func drop(_ partitions: [TopicPartition]) throws {
        try log.unassign(partitions)
        owned.subtract(partitions)
        for partition in partitions { next[partition] = nil }
    }

    mutating func commit() throws {
        let positions = next.sorted { $0.key < $1.key }.map { PartitionPosition($0.key, nextOffset: $0.value) }
        guard !positions.isEmpty else { return }
        try log.beginTransaction()
        try log.commit(positions)
    }

    /// Steps until the condition holds, for at most the given time.
    mutating func run(
        until seconds: Double = 20,
        _ condition: (borrowing LogDriver) -> Bool
    ) throws {
        let end = Date().addingTimeInterval(seconds)
        while !condition(self), Date() < end { try step() }
    }
}

/// A name that no other test uses.
func uniqueName(_ prefix: String) -> String {
    "\(prefix)-\(UInt32.random(in: 0...UInt32.max))"
}

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

/// Reads a partition to its end.
func readRecords(
    _ brokers: String,
    _ partition: TopicPartition,
    isolation: KafkaReader.Isolation = .committed
) throws -> [KafkaRecord] {
    var reader = try KafkaReader(
        settings: KafkaSettings(brokers: [brokers], clientID: "reader"),
        options: KafkaReader.Options(isolation: isolation, requestTimeoutMilliseconds: 10_000)
    )
    var records: [KafkaRecord] = []
    try reader.readAll(partition) { batch in
        for index in 0..<batch.count { records.append(record(index, of: batch)) }
    }
    return records
}

private func record(_ index: Int, of batch: InputBatch) -> KafkaRecord {
    let entry = batch.entries[index]
    let partition = batch.partition(of: index)
    return KafkaRecord(
        topic: partition.topic,
        partition: partition.partition,
        key: Array(batch.bytes[entry.key]),
        value: entry.isTombstone ? nil : Array(batch.bytes[entry.value]),
        headers: batch.headers[entry.headers].map { header in
            KafkaHeader(
                String(decoding: batch.bytes[header.name], as: UTF8.self),
                Array(batch.bytes[header.value])
            )
        },
        timestampMilliseconds: entry.timestampMilliseconds
    )
}

/// The values of partitions as text, in order.
func readToEnd(
    _ brokers: String,
    _ partitions: [TopicPartition],
    isolation: KafkaReader.Isolation = .committed
) throws -> [String] {
    try partitions.flatMap { partition in
        try readRecords(brokers, partition, isolation: isolation).map {
            String(decoding: $0.value ?? [], as: UTF8.self)
        }
    }
}
