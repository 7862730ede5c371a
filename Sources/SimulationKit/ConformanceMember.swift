import StreamCore

/// A stream thread in small: answers assignments from the committed offsets, and remembers all it was told.
struct ConformanceMember<L: Log & ~Copyable>: ~Copyable {
    /// A record as it was delivered.
    struct Delivery: Equatable {
        var partition: TopicPartition
        var offset: Int64
        var record: SimulatedRecord
    }

    var log: L
    let pollMilliseconds: Int32
    var limits = PollLimits()
    private(set) var owned: Set<TopicPartition> = []
    private(set) var next: [TopicPartition: Int64] = [:]
    var deliveries: [Delivery] = []
    /// Outcomes of polls that were rebalances, in order.
    var rebalances: [PollOutcome] = []
    /// Partitions owned when a poll took them or a commit was refused, so that nothing is committed behind a loss.
    private(set) var losses = 0
    private var batch = InputBatch()

    init(log: consuming L, pollMilliseconds: Int32) {
        self.log = log
        self.pollMilliseconds = pollMilliseconds
    }

    /// One poll, with the answers a stream thread gives.
    @discardableResult
    mutating func step() throws -> PollOutcome {
        let outcome = try log.poll(into: &batch, limits: limits, timeoutMilliseconds: pollMilliseconds)
        switch outcome {
        case .idle: break
        case .records: take()
        case .assigned(let partitions):
            rebalances.append(outcome)
            try accept(partitions)
        case .revoked(let partitions):
            rebalances.append(outcome)
            try commit()
            try drop(partitions)
        case .lost(let partitions):
            rebalances.append(outcome)
            losses += 1
            try drop(partitions)
        }
        return outcome
    }

    private mutating func take() {
        for index in 0..<batch.count {
            let entry = batch.entries[index]
            let partition = batch.partition(of: index)
            deliveries.append(Delivery(partition: partition, offset: entry.offset, record: batch.record(at: index)))
            next[partition] = entry.offset + 1
        }
    }

    private mutating func accept(_ partitions: [TopicPartition]) throws {
        let committed = try log.committedOffsets(of: partitions)
        var positions: [PartitionPosition] = []
        for (partition, offset) in zip(partitions, committed) {
            let low = try log.watermarks(of: partition).low
            positions.append(PartitionPosition(partition, nextOffset: offset ?? low))
        }
        try log.assign(positions)
        owned.formUnion(partitions)
    }

    private mutating func drop(_ partitions: [TopicPartition]) throws {
        try log.unassign(partitions)
        owned.subtract(partitions)
        for partition in partitions { next[partition] = nil }
    }

    /// What a stream thread does when its membership is gone.
    mutating func rejoin(_ topics: [String]) throws {
        try log.renewProducer()
        try log.subscribe(to: topics)
        owned = []
        next = [:]
    }

    var positions: [PartitionPosition] {
        next.sorted { $0.key < $1.key }.map { PartitionPosition($0.key, nextOffset: $0.value) }
    }

    /// Commits what was read, with a record for each output.
    mutating func commit(_ outputs: [SimulatedRecord] = [], to partition: TopicPartition? = nil) throws {
        let positions = positions
        guard !positions.isEmpty || !outputs.isEmpty else { return }
        try log.beginTransaction()
        if let partition { try produce(outputs, to: partition) }
        try log.commit(positions)
    }

    mutating func produce(_ records: [SimulatedRecord], to partition: TopicPartition) throws {
        for record in records {
            try log.produce(
                topic: partition.topic,
                partition: partition.partition,
                key: record.key,
                value: record.value
            )
        }
    }

    /// Reads on from other positions.
    mutating func seek(to positions: [PartitionPosition]) throws {
        try log.seek(to: positions)
        for position in positions where owned.contains(position.partition) {
            next[position.partition] = position.nextOffset
        }
    }

    /// Steps until the condition holds, or for so many polls.
    mutating func run(steps: Int = 400, until condition: (borrowing ConformanceMember) -> Bool) throws {
        for _ in 0..<steps where !condition(self) { try step() }
    }

    /// Values as text, in order of delivery.
    var values: [String] { deliveries.map { String(decoding: $0.record.value ?? [], as: UTF8.self) } }
}

extension InputBatch {
    /// A copy of a record.
    func record(at index: Int) -> SimulatedRecord {
        let entry = entries[index]
        return SimulatedRecord(
            key: Array(bytes[entry.key]),
            value: entry.isTombstone ? nil : Array(bytes[entry.value]),
            timestampMilliseconds: entry.timestampMilliseconds,
            headers: headers[entry.headers].map { header in
                SimulatedRecord.Header(
                    name: String(decoding: bytes[header.name], as: UTF8.self),
                    value: Array(bytes[header.value])
                )
            }
        )
    }
}
