import KafkaIO
import StreamCore

/// All measurements of one broker under one durability.
struct BrokerRun {
    let program: String
    let folder: String
    let durability: BenchedBroker.Durability
    let partitionCount: Int32
    let recordCount: Int
    let latencyRecordCount: Int
    let isQuiet: Bool

    /// Runs them, and leaves nothing behind.
    func measure() throws -> [BenchResult.Entry] {
        let broker = try BenchedBroker(program: program, in: folder, durability: durability)
        let figures: [BenchResult.Entry]
        do {
            figures = try measure(broker)
        } catch {
            try broker.remove()
            throw error
        }
        try broker.remove()
        return figures
    }

    private func measure(_ broker: BenchedBroker) throws -> [BenchResult.Entry] {
        try broker.start()
        let latency = try BrokerLatency(broker: broker, recordCount: latencyRecordCount).measure()
        let throughput = BrokerThroughput(
            broker: broker,
            topic: "throughput",
            partitionCount: partitionCount,
            recordCount: recordCount,
            isQuiet: isQuiet
        )
        try throughput.createTopic()
        let produced = try throughput.produce()
        let consumed = try throughput.consume()
        let peak = broker.peakMegabytes
        broker.kill()
        let restart = try broker.startAndRead(throughput.partitions)
        broker.stop()
        let cleanRestart = try broker.startAndRead(throughput.partitions)
        return [
            .init("produceRecordsPerSecond", .number(produced.recordsPerSecond, decimals: 0)),
            .init("consumeRecordsPerSecond", .number(consumed.recordsPerSecond, decimals: 0)),
            .init("p50Milliseconds", .number(latency.p50, decimals: 3)),
            .init("p99Milliseconds", .number(latency.p99, decimals: 3)),
            .init("fsync", .flag(durability == .always)),
            .init("peakMemoryMB", .number(peak, decimals: 1)),
            .init("restartSeconds", .number(restart, decimals: 3)),
            .init("maximumMilliseconds", .number(latency.maximum, decimals: 3)),
            .init("restartAfterShutdownSeconds", .number(cleanRestart, decimals: 3)),
            .init("records", .integer(Int64(recordCount))),
            .init("gigabytes", .number(Double(recordCount * BrokerThroughput.recordBytes) / 1e9, decimals: 2)),
            .init("produceSeconds", .number(produced.seconds, decimals: 1)),
            .init("produceBrokerCPUSeconds", .number(produced.cpuSeconds, decimals: 1)),
            .init("consumeSeconds", .number(consumed.seconds, decimals: 1)),
            .init("consumeBrokerCPUSeconds", .number(consumed.cpuSeconds, decimals: 1)),
            .init("produceMemoryMB", .list(produced.memory.map { .number($0, decimals: 1) })),
            .init("consumeMemoryMB", .list(consumed.memory.map { .number($0, decimals: 1) })),
        ]
    }
}
