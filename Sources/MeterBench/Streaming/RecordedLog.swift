import Glibc
import KafkaIO
package import StreamCore

/// The Kafka log of one stream thread, with its calls written down.
package struct RecordedLog: ~Copyable, Log {
    private var log: KafkaLog
    private let recorder: RunRecorder
    private let thread: Int
    private var isFirst = true
    private var hasBegun = false
    private var partitionCount = 0

    init(_ log: consuming KafkaLog, _ recorder: RunRecorder, thread: Int) {
        self.log = log
        self.recorder = recorder
        self.thread = thread
    }

    package mutating func subscribe(to topics: [String]) throws(LogError) { try log.subscribe(to: topics) }

    package mutating func poll(
        into batch: inout InputBatch,
        limits: PollLimits,
        timeoutMilliseconds: Int32
    ) throws(LogError) -> PollOutcome {
        let start = ProcessUsage.monotonicSeconds()
        let outcome = try log.poll(into: &batch, limits: limits, timeoutMilliseconds: timeoutMilliseconds)
        if outcome == .records, !hasBegun {
            hasBegun = recorder.hasBegun
            if !hasBegun { return try putBack(&batch) }
        }
        guard outcome == .records else {
            if !isFirst { recorder.waited(seconds: ProcessUsage.monotonicSeconds() - start) }
            return outcome
        }
        recorder.polled(
            seconds: isFirst ? 0 : ProcessUsage.monotonicSeconds() - start,
            hasRecords: true,
            isFirst: isFirst
        )
        isFirst = false
        return outcome
    }

    /// Has the records fetched again later.
    private mutating func putBack(_ batch: inout InputBatch) throws(LogError) -> PollOutcome {
        var seen: Set<TopicPartition> = []
        var positions: [PartitionPosition] = []
        for run in batch.runs() {
            let partition = batch.partition(of: run.lowerBound)
            guard seen.insert(partition).inserted else { continue }
            positions.append(PartitionPosition(partition, nextOffset: batch.entries[run.lowerBound].offset))
        }
        batch.removeAll()
        try log.seek(to: positions)
        recorder.putBack()
        usleep(5_000)
        return .idle
    }

    package mutating func assign(_ positions: [PartitionPosition]) throws(LogError) {
        try log.assign(positions)
        partitionCount += positions.count
        recorder.holds(partitions: partitionCount, thread: thread)
    }

    package mutating func unassign(_ partitions: [TopicPartition]) throws(LogError) {
        try log.unassign(partitions)
        partitionCount -= partitions.count
        recorder.holds(partitions: partitionCount, thread: thread)
    }

    package mutating func seek(to positions: [PartitionPosition]) throws(LogError) { try log.seek(to: positions) }

    package mutating func pause(_ partitions: [TopicPartition]) throws(LogError) { try log.pause(partitions) }

    package mutating func resume(_ partitions: [TopicPartition]) throws(LogError) { try log.resume(partitions) }

    package mutating func committedOffsets(of partitions: [TopicPartition]) throws(LogError) -> [Int64?] {
        try log.committedOffsets(of: partitions)
    }

    package mutating func seenEnd(of partition: TopicPartition) -> Int64? { log.seenEnd(of: partition) }

    package mutating func watermarks(of partition: TopicPartition) throws(LogError) -> (low: Int64, high: Int64) {
        try log.watermarks(of: partition)
    }

    package mutating func beginTransaction() throws(LogError) { try log.beginTransaction() }

    package mutating func produce(_ effects: borrowing Effects) throws(LogError) {
        let start = ProcessUsage.monotonicSeconds()
        try log.produce(effects)
        recorder.produced(seconds: ProcessUsage.monotonicSeconds() - start)
    }

    package mutating func produce(
        topic: String,
        partition: Int32,
        key: [UInt8],
        value: [UInt8]?
    ) throws(LogError) {
        try log.produce(topic: topic, partition: partition, key: key, value: value)
    }

    package mutating func commit(_ positions: [PartitionPosition]) throws(LogError) {
        let start = ProcessUsage.monotonicSeconds()
        try log.commit(positions)
        recorder.committed(positions, seconds: ProcessUsage.monotonicSeconds() - start)
    }

    package mutating func abort() throws(LogError) { try log.abort() }

    package mutating func renewProducer() throws(LogError) { try log.renewProducer() }

    package mutating func close() { log.close() }

    package mutating func readAll(_ partition: TopicPartition, _ body: (InputBatch) -> Void) throws(LogError) {
        try log.readAll(partition, body)
    }
}
