import KafkaIO
import StreamCore

/// Many records through one broker, first in, then out.
struct BrokerThroughput {
    static let recordBytes = 300

    /// What one direction took.
    struct Passage {
        var records = 0
        var seconds = 0.0
        /// Of the broker.
        var cpuSeconds = 0.0
        /// Resident memory of the broker: after the first twentieth, in the middle, at the end. Megabytes.
        var memory: [Double] = []

        var recordsPerSecond: Double { Double(records) / max(seconds, 1e-9) }
    }

    let broker: BenchedBroker
    let topic: String
    let partitionCount: Int32
    let recordCount: Int
    let isQuiet: Bool

    var partitions: [TopicPartition] { (0..<partitionCount).map { TopicPartition(topic, $0) } }

    func createTopic() throws {
        let settings = ["retention.ms": "-1"]
        let wanted = NewKafkaTopic(name: topic, partitionCount: partitionCount, configs: settings)
        try KafkaAdmin(settings: broker.settings).createTopics([wanted])
    }

    /// Writes all records, and returns when all are acknowledged.
    func produce() throws -> Passage {
        var settings = broker.settings
        settings.producerProperties = ["batch.size": "1000000", "batch.num.messages": "10000"]
        let limits = KafkaProducer.Limits(maxRecords: 200_000, deliveryTimeoutMilliseconds: 120_000)
        let producer = try KafkaProducer(settings: settings, limits: limits)
        let value = [UInt8](repeating: UInt8(ascii: "x"), count: Self.recordBytes)
        var meter = PassageMeter(broker, title: "in ", total: recordCount, isQuiet: isQuiet)
        var sent = 0
        var partition: Int32 = 0
        while sent < recordCount {
            let count = min(1_000, recordCount - sent)
            try producer.enqueue(repeating: value, count: count, topic: topic, partition: partition)
            sent += count
            partition = (partition + 1) % partitionCount
            meter.note(Int(producer.counts.delivered))
        }
        while !producer.flush(timeoutMilliseconds: 100) { meter.note(Int(producer.counts.delivered)) }
        let tally = producer.counts
        guard tally.failed == 0, tally.delivered == Int64(recordCount) else {
            throw BrokerBenchError.lost("\(tally.delivered) of \(recordCount) records acknowledged; \(tally)")
        }
        let passage = meter.finish(recordCount)
        producer.close(timeoutMilliseconds: 1_000)
        return passage
    }

    /// Reads all records, of all partitions at once.
    func consume() throws -> Passage {
        var settings = broker.settings
        settings.consumerProperties = ["fetch.message.max.bytes": "4000000", "queued.max.messages.kbytes": "65536"]
        var reader = try KafkaReader(settings: settings)
        var batch = InputBatch()
        var next = [Int64](repeating: 0, count: Int(partitionCount))
        var meter = PassageMeter(broker, title: "out", total: recordCount, isQuiet: isQuiet)
        try reader.assign(partitions.map { PartitionPosition($0, nextOffset: 0) })
        var seen = 0
        var last = ProcessUsage.monotonicSeconds()
        while seen < recordCount {
            guard try reader.poll(into: &batch, timeoutMilliseconds: 1_000) else {
                guard ProcessUsage.monotonicSeconds() - last < 30 else {
                    throw BrokerBenchError.lost("\(seen) of \(recordCount) records came")
                }
                continue
            }
            last = ProcessUsage.monotonicSeconds()
            for index in 0..<batch.count {
                let partition = Int(batch.partition(of: index).partition)
                let entry = batch.entries[index]
                guard entry.offset == next[partition], entry.value.count == Self.recordBytes else {
                    throw BrokerBenchError.lost(
                        "\(topic)[\(partition)]: \(entry.offset) where \(next[partition]) is next"
                    )
                }
                next[partition] += 1
            }
            seen += batch.count
            meter.note(seen)
        }
        return meter.finish(recordCount)
    }
}
