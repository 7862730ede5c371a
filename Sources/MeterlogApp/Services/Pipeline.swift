import Alarms
import Gateway
import HTTPServing
import KafkaIO
import Logging
import MeterCore
import Monitoring
import Normalization
import PostgresIO
import Projection
import QueryAPI
import RuleSets
import ServiceLifecycle
import Settings
import StreamCore
import Synchronization
import Telemetry
import VEE

/// Builds the services from settings. The same code makes all of them for `meterlog run` and one for each thin executable.
struct Pipeline: Sendable {
    let settings: Settings
    let cluster: ClusterAccess
    let metrics: MetricsRegistry
    /// Name of this process among those that run the same service.
    let instance: String
    let ports = BoundPorts()

    private let zones: ZoneCatalog
    private let partitionCounts: [String: Int32]

    init(settings: Settings, cluster: ClusterAccess, metrics: MetricsRegistry, instance: String) throws {
        self.settings = settings
        self.cluster = cluster
        self.metrics = metrics
        self.instance = instance
        partitionCounts = try cluster.partitionCounts()
        let loaded = try ZoneFiles.load(settings.zoneInfoDirectory)
        zones = loaded.zones
        if !loaded.skipped.isEmpty {
            cluster.logger.warning(
                "zones can't be read",
                metadata: [
                    "code": "\(ErrorCode.zonesUnreadable)", "zones": "\(loaded.skipped.joined(separator: " "))",
                ]
            )
        }
    }

    /// In the order of start; stopped in reverse, so that the doors close first and what they let in is finished.
    static let order: [ServiceName] = [.projector, .alarms, .vee, .normalizer, .api, .gateway]

    func service(_ name: ServiceName) throws -> any Service {
        switch name {
        case .gateway: try gateway()
        case .normalizer: try normalizer()
        case .vee: try vee()
        case .alarms: try alarms()
        case .projector: try projector()
        case .api: try queryAPI()
        }
    }

    /// Watches the rule file, where one is configured.
    var ruleFileService: RuleFileService? {
        guard !settings.vee.rulesFile.isEmpty else { return nil }
        return RuleFileService(
            path: settings.vee.rulesFile,
            cluster: cluster,
            logger: settings.logger("meterlog.rules")
        )
    }

    /// Looks whether a service does its work; the servers do as soon as they listen.
    func readinessProbe(_ name: ServiceName, _ service: any Service) -> @Sendable () -> Readiness.Part {
        if let reporting = service as? any ReadinessReporting { return { reporting.readiness } }
        return { [ports] in
            let port = ports[name]
            return Readiness.Part(
                name: name.rawValue,
                isReady: port != nil,
                detail: port.map { "listens on port \($0)" } ?? "does not listen yet"
            )
        }
    }

    private func gateway() throws -> any Service {
        let configured = settings.gateway
        return try GatewayService(
            configuration: GatewayConfiguration(
                host: configured.host,
                port: configured.port,
                tokens: BearerTokens(configured.tokens),
                maxBodyBytes: configured.maxBodyMegabytes << 20,
                maxUnpackedBytes: configured.maxUnpackedMegabytes << 20,
                tickIntervalSeconds: configured.tickIntervalSeconds,
                usesSimulatedClock: configured.usesSimulatedClock
            ),
            sink: KafkaPayloadSink(
                intervals: try KafkaProducer(settings: cluster.kafka, notices: cluster.notices),
                alarms: try KafkaProducer(settings: cluster.kafka, notices: cluster.notices),
                partitionCounts: partitionCounts
            ),
            registry: metrics,
            logger: settings.logger("meterlog.gateway"),
            onBound: { [ports] in ports.set(.gateway, $0) }
        )
    }

    private func normalizer() throws -> any Service {
        var configuration = NormalizerProcessor.Configuration(
            zones: zones,
            rawPartitionCount: partitionCounts[NormalizerProcessor.inputTopic] ?? 1,
            maxUnpackedBytes: settings.gateway.maxUnpackedMegabytes << 20
        )
        configuration.refusalOfRuleSet = { json, version in
            do {
                _ = try RuleSet(json: json, version: version)
                return nil
            } catch {
                return "\(error)"
            }
        }
        return try StreamService(
            NormalizerProcessor.self,
            configuration: configuration,
            cluster: cluster,
            partitionCounts: partitionCounts,
            threads: settings.stream.normalizerThreads,
            instance: instance,
            metrics: metrics
        )
    }

    private func vee() throws -> any Service {
        try StreamService(
            VEEProcessor.self,
            configuration: VEEConfiguration(
                zones: zones,
                limits: VEELimits(
                    historyDays: settings.vee.historyDays,
                    window: settings.vee.window,
                    dailyWindow: settings.vee.dailyWindow,
                    graceSeconds: Int64(settings.vee.graceHours) * 3600,
                    lateGraceSeconds: Int64(settings.vee.lateGraceHours) * 3600,
                    silentDays: settings.vee.silentDays
                )
            ),
            cluster: cluster,
            partitionCounts: partitionCounts,
            threads: settings.stream.veeThreads,
            instance: instance,
            metrics: metrics
        )
    }

    private func alarms() throws -> any Service {
        try StreamService(
            AlarmProcessor.self,
            configuration: AlarmProcessor.Configuration(zones: zones),
            cluster: cluster,
            partitionCounts: partitionCounts,
            threads: settings.stream.alarmThreads,
            instance: instance,
            metrics: metrics
        )
    }

    private func projector() throws -> any Service {
        var configuration = ProjectionConfiguration(kafka: cluster.kafka, databaseURL: settings.databaseURL)
        configuration.limits.lingerMilliseconds = settings.stream.commitIntervalMilliseconds
        return ProjectorService(
            projections: ProjectionService(
                configuration,
                metrics: metrics,
                logger: settings.logger("meterlog.projector")
            ),
            maintenance: MaintenanceService(settings: settings, logger: settings.logger("meterlog.upkeep"))
        )
    }

    private func queryAPI() throws -> any Service {
        try QueryAPIService(
            configuration: QueryAPIConfiguration(
                host: settings.api.host,
                port: settings.api.port,
                databaseURL: settings.databaseURL,
                tokens: BearerTokens(settings.api.tokens),
                version: MeterlogVersion.current
            ),
            registry: metrics,
            logger: settings.logger("meterlog.api"),
            onBound: { [ports] in ports.set(.api, $0) }
        )
    }
}

/// Ports that the servers were given, known once they listen.
final class BoundPorts: Sendable {
    private let ports = Mutex<[ServiceName: Int]>([:])

    func set(_ service: ServiceName, _ port: Int) {
        ports.withLock { $0[service] = port }
    }

    subscript(service: ServiceName) -> Int? { ports.withLock { $0[service] } }
}
