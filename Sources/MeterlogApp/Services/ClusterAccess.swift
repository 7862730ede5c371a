import KafkaIO
import Logging
import Settings
import Telemetry
import TopicCatalog

/// The Kafka cluster of these settings, and the topics declared for it.
struct ClusterAccess: Sendable {
    let settings: Settings
    let kafka: KafkaSettings
    let catalog: TopicCatalog
    let logger: Logger
    private let outages: OutageNotices

    /// - Parameter brokers: overrides the configured ones (the embedded log's address).
    init(settings: Settings, brokers: [String]? = nil, logger: Logger) throws {
        self.settings = settings
        self.logger = logger
        outages = OutageNotices(logger: logger)
        let brokers = brokers ?? settings.kafka.brokers
        guard !brokers.isEmpty else {
            throw AppError.unusable(
                "no brokers: set METERLOG_KAFKA_BROKERS (or kafka.brokers), or use meterlog run, which starts the embedded log"
            )
        }
        kafka = KafkaSettings(
            brokers: brokers,
            clientID: "meterlog",
            security: try settings.kafkaSecurity(),
            properties: settings.kafka.properties
        )
        let files = try TextFile.folder(settings.home + "/topics", ending: ".yaml")
        catalog = try TopicCatalog.parse(files: files.map { (name: $0.name, yaml: $0.text) })
    }

    func admin() throws -> KafkaAdmin {
        try KafkaAdmin(settings: kafka, notices: notices)
    }

    /// What librdkafka has to say, into the log.
    var notices: KafkaNoticeHandler {
        let outages = outages
        return { outages.handle($0) }
    }

    /// Waits for a cluster that is not there yet, and says so once. A signal ends the process meanwhile: nothing has begun.
    /// - Throws: `KafkaError` for an answer that waiting doesn't change.
    func waitUntilThere() async throws {
        var isWaiting = false
        while true {
            do {
                _ = try await BlockingThread.run {
                    try KafkaAdmin(settings: kafka, timeoutMilliseconds: 5_000, notices: notices).topics()
                }
                return
            } catch let error as KafkaError where error.reaction == .retry {
                if !isWaiting {
                    logger.warning(
                        "waiting for the event log",
                        metadata: ["code": "\(ErrorCode.logAway)", "error": "\(error)"]
                    )
                }
                isWaiting = true
                try await Task.sleep(for: .seconds(1))
            }
        }
    }

    /// Partitions of every topic that exists.
    func partitionCounts() throws -> [String: Int32] {
        var counts: [String: Int32] = [:]
        for topic in try admin().topics() { counts[topic.name] = topic.partitionCount }
        let missing = catalog.declarations.map(\.name).filter { counts[$0] == nil }
        guard missing.isEmpty else {
            throw AppError.unusable(
                "topics are missing: \(missing.joined(separator: ", ")). Run: meterlog topics apply"
            )
        }
        return counts
    }
}

/// What stops a command, with what to do about it.
enum AppError: Error, CustomStringConvertible {
    case unusable(String)

    var description: String {
        switch self {
        case .unusable(let reason): reason
        }
    }
}
