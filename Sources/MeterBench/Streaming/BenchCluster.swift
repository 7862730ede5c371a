import Glibc
import KafkaIO
import Settings
import StreamCore

/// The broker of a measurement: topics made and deleted, input filled, ends looked up.
struct BenchCluster {
    let settings: KafkaSettings
    /// Process id of the broker when it runs here.
    let process: Int32?
    private let admin: KafkaAdmin

    init(_ options: StreamBenchOptions) throws {
        let list = options.brokers ?? ProcessEnvironment.variables["METERLOG_KAFKA_BROKERS"] ?? ""
        let brokers = list.split(separator: ",").map(String.init)
        guard let first = brokers.first else { throw StreamBenchError.noBrokers }
        settings = KafkaSettings(
            brokers: brokers,
            clientID: "meterlog-bench",
            consumerProperties: try StreamBenchOptions.properties(options.consumerProperty),
            producerProperties: ["compression.type": options.compression]
                .merging(try StreamBenchOptions.properties(options.producerProperty)) { $1 }
        )
        process = brokers.count == 1 ? BrokerProcess.find(listeningOn: first) : nil
        admin = try KafkaAdmin(settings: settings)
    }

    func create(_ name: String, partitions: Int32, isCompacted: Bool = false) throws {
        let configs = isCompacted ? ["cleanup.policy": "compact"] : ["retention.ms": "-1"]
        do throws(KafkaError) {
            try admin.createTopics([NewKafkaTopic(name: name, partitionCount: partitions, configs: configs)])
        } catch  where error.code == "TOPIC_ALREADY_EXISTS" {
            return
        }
    }

    func delete(_ names: [String]) throws {
        guard !names.isEmpty else { return }
        try admin.deleteTopics(names)
    }

    func partitionCount(of name: String) throws -> Int32 {
        guard let topic = try admin.topics().first(where: { $0.name == name }) else {
            throw StreamBenchError.noSuchTopic(name)
        }
        return topic.partitionCount
    }

    func watermarks(of name: String) throws -> [(partition: TopicPartition, low: Int64, high: Int64)] {
        try (0..<partitionCount(of: name)).map { number in
            let partition = TopicPartition(name, number)
            let (low, high) = try admin.watermarks(of: partition)
            return (partition, low, high)
        }
    }

    /// Stores all that the generator gives.
    /// - Returns: how many messages.
    func fill(_ topic: String, from generator: some MessageGenerator) throws -> Int {
        let producer = try KafkaProducer(settings: settings)
        defer { producer.close(timeoutMilliseconds: 60_000) }
        var generator = generator
        var count = 0
        while let message = generator.next() {
            try producer.enqueue(
                KafkaRecord(
                    topic: topic,
                    key: message.key,
                    value: message.value,
                    timestampMilliseconds: message.timestampMilliseconds
                )
            )
            count += 1
        }
        producer.flush(timeoutMilliseconds: 60_000)
        let counts = producer.counts
        guard counts.delivered == Int64(count) else {
            let reason = counts.firstFailure.map { "\($0)" } ?? "no answer"
            throw StreamBenchError.notDelivered(Int64(count) - counts.delivered, reason)
        }
        return count
    }

    /// Shows every committed record of a topic, a partition after the other.
    func read(_ topic: String, _ body: (InputBatch) -> Void) throws {
        var reader = try KafkaReader(settings: settings)
        for partition in 0..<(try partitionCount(of: topic)) {
            try reader.readAll(TopicPartition(topic, partition), body)
        }
    }
}
