import ArgumentParser
import KafkaIO
import Settings

/// `meterlog lag`: how far consumer groups are behind.
struct LagCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lag",
        abstract: "Show how far consumer groups are behind, in records and in time.",
        discussion: """
            Per group, topic and partition: the committed offset, the end (last stable offset), the offsets between them, the age of \
            the next unread record, and who has the partition. Projectors keep their offsets in the database and are no groups; their \
            lag is on their metrics page.

            meterlog lag --group meterlog-vee --max-lag 100000
            """
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Only this group; may be repeated.")
    var group: [String] = []
    @Option(help: "Only this topic; may be repeated.")
    var topic: [String] = []
    @Flag(help: "One JSON object (with --watch one a line).")
    var json = false
    @Option(help: "Show it again every so many seconds, until a signal.")
    var watch: Int?
    @Option(help: "Exit with code 1 when a partition is more records behind than this.")
    var maxLag: Int64?

    func validate() throws {
        if let watch, !(1...86_400).contains(watch) { throw ValidationError("--watch is 1 to 86400 seconds") }
        if let maxLag, maxLag < 0 { throw ValidationError("--max-lag is not negative") }
    }

    func run() async throws {
        let settings = try common.settings()
        let cluster = try ClusterAccess(settings: settings, logger: settings.logger("meterlog.lag"))
        let survey = LagSurvey(cluster: cluster, groups: group, topics: topic)
        while true {
            let lags = try await BlockingThread.run { try Self.lags(survey) }
            let report = LagReport(lags: lags)
            for line in json ? [report.json] : report.lines { Terminal.print(line) }
            if let maxLag, let worst = lags.max(by: { $0.greatestLag < $1.greatestLag }), worst.greatestLag > maxLag {
                Terminal.complain("\(worst.group) is \(worst.greatestLag) records behind, more than \(maxLag)")
                throw ExitCode.failure
            }
            guard let watch else { return }
            if !json { Terminal.print("") }
            try await Task.sleep(for: .seconds(watch))
        }
    }

    private static func lags(_ survey: LagSurvey) throws -> [GroupLag] {
        do {
            return try survey.lags(nowMilliseconds: Stopwatch.wallMilliseconds())
        } catch let error as KafkaError where error.reaction == .retry {
            let brokers = survey.cluster.kafka.brokers.joined(separator: ",")
            throw AppError.unusable(
                "\(brokers) does not answer; is it running, is METERLOG_KAFKA_BROKERS right? \(error)"
            )
        }
    }
}
