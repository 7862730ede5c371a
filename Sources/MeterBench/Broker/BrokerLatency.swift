import KafkaIO
import StreamCore

/// One record at a time: from handing it to the producer until the consumer has it.
struct BrokerLatency {
    let broker: BenchedBroker
    let recordCount: Int

    /// What `measure` found, milliseconds.
    struct Spread {
        var p50 = 0.0
        var p99 = 0.0
        var maximum = 0.0
    }

    /// Sends and waits, again and again, without load beside.
    func measure() throws -> Spread {
        let partition = TopicPartition("latency", 0)
        try KafkaAdmin(settings: broker.settings).createTopics([
            NewKafkaTopic(name: partition.topic, partitionCount: 1)
        ])
        let producer = try KafkaProducer(settings: broker.settings, limits: .init(lingerMilliseconds: 0))
        var settings = broker.settings
        settings.consumerProperties = ["fetch.wait.max.ms": "500"]
        var reader = try KafkaReader(settings: settings)
        try reader.assign([PartitionPosition(partition, nextOffset: 0)])
        var batch = InputBatch()
        var samples: [Double] = []
        // The first hundred find connections, threads and caches cold.
        let warmUp = 100
        for number in 0..<(recordCount + warmUp) {
            let began = ProcessUsage.monotonicSeconds()
            try producer.enqueue(
                KafkaRecord(
                    topic: partition.topic,
                    partition: 0,
                    key: nil,
                    value: [UInt8](repeating: 0, count: BrokerThroughput.recordBytes),
                    timestampMilliseconds: Int64(number)
                )
            )
            while try !reader.poll(into: &batch, timeoutMilliseconds: 1_000) {
                guard ProcessUsage.monotonicSeconds() - began < 30 else {
                    throw BrokerBenchError.lost("record \(number) did not come in 30 s")
                }
            }
            guard batch.count == 1, batch.entries[0].offset == Int64(number) else {
                throw BrokerBenchError.lost("\(batch.count) records at \(batch.entries[0].offset), not \(number)")
            }
            if number >= warmUp { samples.append((ProcessUsage.monotonicSeconds() - began) * 1_000) }
        }
        producer.close(timeoutMilliseconds: 1_000)
        samples.sort()
        func quantile(_ share: Double) -> Double {
            samples.isEmpty ? 0 : samples[min(samples.count - 1, Int(share * Double(samples.count)))]
        }
        return Spread(p50: quantile(0.5), p99: quantile(0.99), maximum: samples.last ?? 0)
    }
}
