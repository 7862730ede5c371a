import Logging
import Monitoring
import Projection
import ServiceLifecycle
import Settings
import Telemetry
import TopicCatalog
import UnixSignals

/// Everything in one process: the embedded event log where no brokers are configured, topics and tables as this version needs them,
/// and all services.
struct LocalNode: Sendable {
    let settings: Settings
    let broker: EmbeddedBroker?
    let pipeline: Pipeline
    private let services: [any Service]
    /// Services end one after another. Where an outside log or database is away each may take its whole time; from here on they are
    /// told all at once.
    private static let longestShutdown = Duration.seconds(40)

    /// Starts the broker, applies topics and migrations, and builds the services; nothing is processed before `run`.
    static func prepare(_ settings: Settings, metrics: MetricsRegistry, logger: Logger) async throws -> LocalNode {
        var settings = settings
        var broker: EmbeddedBroker?
        if settings.kafka.brokers.isEmpty {
            let started = try await EmbeddedBroker.start(
                settings,
                dataDirectory: settings.dataDirectory + "/broker",
                metrics: metrics,
                logger: settings.logger("meterlog.broker")
            )
            settings.kafka.brokers = [started.address]
            // The listener for this machine is in plain text; whether one logs in there is the broker's setting.
            settings.kafka.security.securityProtocol =
                settings.broker.saslMechanisms.isEmpty ? .plaintext : .saslPlaintext
            broker = started
        }
        do {
            let cluster = try ClusterAccess(settings: settings, logger: logger)
            // A cluster of its own is brought to the declarations; somebody else's is only looked at.
            if broker != nil { try applyTopics(cluster) } else { try await cluster.waitUntilThere() }
            try await migrate(settings, logger: logger)
            let pipeline = try Pipeline(
                settings: settings,
                cluster: cluster,
                metrics: metrics,
                instance: ProcessEnvironment.hostName
            )
            let services = try Pipeline.order.map { try pipeline.service($0) }
            return LocalNode(settings: settings, broker: broker, pipeline: pipeline, services: services)
        } catch {
            try await broker?.stop()
            throw error
        }
    }

    /// Runs until a signal or a failure; drains and commits before it returns.
    func run(monitor: MonitoringServer?, logger: Logger) async throws {
        try await serviceGroup(logger: logger, signals: true, monitor: monitor).run()
    }

    /// Whether all services do their work.
    var readiness: Readiness {
        Readiness(zip(Pipeline.order, services).map { pipeline.readinessProbe($0, $1) })
    }

    func serviceGroup(logger: Logger, signals: Bool, monitor: MonitoringServer? = nil) -> ServiceGroup {
        var all: [any Service] = []
        if let monitor { all.append(monitor) }
        if let broker { all.append(broker) }
        if let rules = pipeline.ruleFileService { all.append(rules) }
        all += services
        var configuration = ServiceGroupConfiguration(
            services: all,
            gracefulShutdownSignals: signals ? [.sigterm, .sigint] : [],
            logger: logger
        )
        configuration.maximumGracefulShutdownDuration = Self.longestShutdown
        return ServiceGroup(configuration: configuration)
    }

    private static func applyTopics(_ cluster: ClusterAccess) throws {
        let controller = TopicController(admin: try cluster.admin(), catalog: cluster.catalog)
        for step in try controller.apply() { cluster.logger.info("topics: \(step)") }
        let rest = try controller.check()
        guard rest.isEmpty else {
            throw AppError.unusable(
                "topics differ from topics/*.yaml: \(rest.steps.map { "\($0)" }.joined(separator: "; "))"
            )
        }
    }

    /// Waits for a database that is not there yet, and says so once.
    private static func migrate(_ settings: Settings, logger: Logger) async throws {
        let database = DatabaseAccess(settings)
        let migrator = try database.migrator()
        var isWaiting = false
        while true {
            do {
                var connection = try database.connect("meterlog-migrate")
                let applied = try migrator.apply(&connection)
                for file in applied { logger.info("migrated", metadata: ["file": "\(file.name)"]) }
                return
            } catch {
                guard DatabaseAccess.isPassing(error) else { throw error }
                if !isWaiting {
                    logger.warning(
                        "waiting for the database",
                        metadata: ["code": "\(ErrorCode.databaseAway)", "error": "\(error)"]
                    )
                }
                isWaiting = true
                try await Task.sleep(for: .seconds(1))
            }
        }
    }
}
