package import ArgumentParser

/// Options that the stream measurements share.
package struct StreamBenchOptions: ParsableArguments, Sendable {
    package enum OutputFormat: String, ExpressibleByArgument, CaseIterable, Sendable {
        case protobuf
        case json
    }

    @Flag(help: "Print the result as one JSON object.")
    package var json = false
    @Option(help: "Kafka brokers, HOST:PORT[,HOST:PORT]. Default: METERLOG_KAFKA_BROKERS.")
    package var brokers: String?
    @Option(help: "What is put out.")
    package var emit = OutputFormat.protobuf
    @Option(
        help: "Topic to read, filled by something else; it stays. Default: one that is filled first and deleted after."
    )
    package var inputTopic: String?
    @Flag(help: "Only fill the topic of --input-topic, which is made.")
    package var fill = false
    @Option(help: "Topic to write; it stays. Default: one that is deleted after.")
    package var outputTopic: String?
    @Option(help: "Messages to generate.")
    package var messages: Int?
    @Option(help: "Meters among which the messages are spread.")
    package var meters: Int?
    @Option(help: "Seed of the generator: the same seed, messages and meters give the same bytes.")
    package var seed: UInt64 = 1
    @Option(help: "Partitions of the topics that are made.")
    package var partitions: Int32 = 4
    @Option(help: "Stream threads, each with a consumer and a producer.")
    package var threads = 4
    @Option(help: "Milliseconds after which a transaction is committed.")
    package var commitInterval: Int64 = 200
    @Option(help: "Records folded between two polls.")
    package var pollRecords = 4_000
    @Option(help: "Compression of what is produced: none, lz4, gzip, snappy or zstd.")
    package var compression = "none"
    @Option(
        help:
            "Every how many meters the outputs of one are compared with a plain second implementation; 0 compares none."
    )
    package var verifyEvery = 50
    @Option(help: ArgumentHelp("librdkafka property of the consumers.", valueName: "name=value"))
    package var consumerProperty: [String] = []
    @Option(help: ArgumentHelp("librdkafka property of the producers.", valueName: "name=value"))
    package var producerProperty: [String] = []
    @Flag(inversion: .prefixedNo, help: "Measure the copy limit in the same run.")
    package var copy = true

    package init() {}

    package func validate() throws {
        guard partitions > 0, partitions <= 1_000 else { throw ValidationError("--partitions is 1 to 1000") }
        guard threads > 0, threads <= 64 else { throw ValidationError("--threads is 1 to 64") }
        guard commitInterval > 0, commitInterval <= 60_000 else {
            throw ValidationError("--commit-interval is 1 to 60000 milliseconds")
        }
        guard pollRecords > 0, pollRecords <= 100_000 else { throw ValidationError("--poll-records is 1 to 100000") }
        guard verifyEvery >= 0 else { throw ValidationError("--verify-every is not negative") }
        _ = try StreamBenchOptions.properties(consumerProperty + producerProperty)
        if fill, inputTopic == nil { throw ValidationError("--fill needs --input-topic") }
        if let messages, messages <= 0 { throw ValidationError("--messages is positive") }
        if let meters, meters <= 0 { throw ValidationError("--meters is positive") }
    }

    static func properties(_ list: [String]) throws -> [String: String] {
        var result: [String: String] = [:]
        for item in list {
            guard let equals = item.firstIndex(of: "=") else { throw ValidationError("\"\(item)\" is not NAME=VALUE") }
            result[String(item[..<equals])] = String(item[item.index(after: equals)...])
        }
        return result
    }
}
