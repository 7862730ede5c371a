import KafkaIO
import StreamCore
import Synchronization

/// Kafka's log on the mock cluster, which takes transactional offsets without storing them and shows records of aborted transactions:
/// what a commit that succeeded has committed is remembered here instead.
struct RememberingLog: Log, ~Copyable {
    /// What is committed.
    final class Memory: Sendable {
        private let state = Mutex((offsets: [TopicPartition: Int64](), outputs: [[UInt8]](), commits: 0))

        var outputs: [[UInt8]] { state.withLock { $0.outputs } }
        var commits: Int { state.withLock { $0.commits } }

        func offset(_ partition: TopicPartition) -> Int64? { state.withLock { $0.offsets[partition] } }

        func commit(_ positions: [PartitionPosition], _ outputs: [[UInt8]]) {
            state.withLock { state in
                for position in positions { state.offsets[position.partition] = position.nextOffset }
                state.outputs += outputs
                state.commits += 1
            }
        }
    }

    private var log: KafkaLog
    private let memory: Memory
    private var open: [[UInt8]] = []

    init(_ log: consuming KafkaLog, _ memory: Memory) {
        self.log = log
        self.memory = memory
    }

    mutating func subscribe(to topics: [String]) throws(LogError) { try log.subscribe(to: topics) }

    mutating func poll(
        into batch: inout InputBatch,
        limits: PollLimits,
        timeoutMilliseconds: Int32
    ) throws(LogError) -> PollOutcome {
        try log.poll(into: &batch, limits: limits, timeoutMilliseconds: timeoutMilliseconds)
    }

    mutating func assign(_ positions: [PartitionPosition]) throws(LogError) { try log.assign(positions) }
    mutating func unassign(_ partitions: [TopicPartition]) throws(LogError) { try log.unassign(partitions) }
    mutating func seek(to positions: [PartitionPosition]) throws(LogError) { try log.seek(to: positions) }

    mutating func pause(_ partitions: [TopicPartition]) throws(LogError) { try log.pause(partitions) }
    mutating func resume(_ partitions: [TopicPartition]) throws(LogError) { try log.resume(partitions) }

    mutating func committedOffsets(of partitions: [TopicPartition]) throws(LogError) -> [Int64?] {
        partitions.map { memory.offset($0) }
    }

    mutating func seenEnd(of partition: TopicPartition) -> Int64? { log.seenEnd(of: partition) }

    mutating func watermarks(of partition: TopicPartition) throws(LogError) -> (low: Int64, high: Int64) {
        try log.watermarks(of: partition)
    }

    mutating func beginTransaction() throws(LogError) {
        open = []
        try log.beginTransaction()
    }

    mutating func produce(_ effects: borrowing Effects) throws(LogError) {
        try log.produce(effects)
        for entry in effects.entries { open.append(Array(effects.bytes[entry.value])) }
    }

    mutating func produce(topic: String, partition: Int32, key: [UInt8], value: [UInt8]?) throws(LogError) {
        try log.produce(topic: topic, partition: partition, key: key, value: value)
    }

    mutating func commit(_ positions: [PartitionPosition]) throws(LogError) {
        try log.commit(positions)
        memory.commit(positions, open)
        open = []
    }

    mutating func abort() throws(LogError) { try log.abort() }
    mutating func renewProducer() throws(LogError) { try log.renewProducer() }
    mutating func close() { log.close() }

    mutating func readAll(_ partition: TopicPartition, _ body: (InputBatch) -> Void) throws(LogError) {
        try log.readAll(partition, body)
    }
}
