import ArgumentParser
import KafkaIO
import StreamCore

/// `meterlog tail`: prints a topic's records, decoded.
struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Print the records of a topic, decoded by the topic's schema.",
        discussion:
            "Only committed records are shown. meter.raw shows each payload's envelope and size; use --raw for its bytes."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "Topic, such as meter.validated.")
    var topic: String
    @Flag(help: "One JSON object a line.")
    var json = false
    @Flag(help: "Print values byte for byte, one after the other, instead of decoding them.")
    var raw = false
    @Flag(help: "Wait for new records instead of stopping at the end.")
    var follow = false
    @Option(help: "Only this partition.")
    var partition: Int32?
    @Option(help: "First offset; default the oldest record.")
    var offset: Int64?
    @Option(help: "Stop after this many records.")
    var limit: Int?

    func run() async throws {
        let settings = try common.settings()
        let cluster = try ClusterAccess(settings: settings, logger: settings.logger("meterlog.tail"))
        guard let found = try cluster.admin().topics().first(where: { $0.name == topic }) else {
            throw AppError.unusable("there is no topic \(topic); meterlog topics list shows them")
        }
        var reader = try KafkaReader(
            settings: cluster.kafka,
            options: KafkaReader.Options(missingRecords: .earliest),
            notices: cluster.notices
        )
        let partitions = partition.map { [$0] } ?? Array(0..<found.partitionCount)
        var positions: [PartitionPosition] = []
        for number in partitions {
            let target = TopicPartition(topic, number)
            positions.append(PartitionPosition(target, nextOffset: try offset ?? reader.watermarks(of: target).low))
        }
        try reader.assign(positions)
        try print(&reader)
    }

    private func print(_ reader: inout KafkaReader) throws {
        var batch = InputBatch()
        var printed = 0
        while true {
            _ = try reader.poll(into: &batch, limits: PollLimits(maxRecords: 1000), timeoutMilliseconds: 500)
            for index in 0..<batch.count {
                if raw {
                    Terminal.write(bytes: Array(batch.bytes[batch.entries[index].value]))
                } else {
                    Terminal.print(RecordText(topic: topic).text(batch, index, asJSON: json))
                }
                printed += 1
                if printed == limit { return }
            }
            if !follow, reader.isAtEnd { return }
        }
    }
}
