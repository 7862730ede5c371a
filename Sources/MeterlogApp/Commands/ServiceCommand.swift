public import ArgumentParser
import Logging
import Monitoring
import ServiceLifecycle
import Settings
import UnixSignals

/// `meterlog service NAME`: one service alone, as the thin executables run it.
struct ServiceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service",
        abstract: "Run one service against a cluster and a database that are there already.",
        discussion: "Topics and tables are not touched: meterlog topics apply and meterlog migrate do that."
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "gateway, normalizer, vee, alarms, projector or api.")
    var name: ServiceName
    @Option(help: "Name of this process among those that run the same service. Default: the host's name.")
    var instance: String?
    @OptionGroup var threads: ThreadsOption

    func run() async throws {
        try await ServiceRun(name: name, common: common, instance: instance, threads: threads).run()
    }
}

/// One service until a signal.
struct ServiceRun {
    let name: ServiceName
    let common: CommonOptions
    let instance: String?
    let threads: ThreadsOption

    func run() async throws {
        let settings = threads.applied(to: try common.settings(), for: name)
        let logger = settings.logger("meterlog.\(name.rawValue)")
        let monitor = ProcessMonitor.install()
        let cluster = try ClusterAccess(settings: settings, logger: logger)
        try await cluster.waitUntilThere()
        let pipeline = try Pipeline(
            settings: settings,
            cluster: cluster,
            metrics: monitor.registry,
            instance: instance ?? ProcessEnvironment.hostName
        )
        let service = try pipeline.service(name)
        let server = try monitor.server(
            for: .service(name),
            settings,
            readiness: Readiness([pipeline.readinessProbe(name, service)]),
            logger: logger
        )
        var services: [any Service] = []
        if let server { services.append(server) }
        if let rules = pipeline.ruleFileService { services.append(rules) }
        services.append(service)
        let group = ServiceGroup(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger
        )
        try await group.run()
    }
}

/// The command of a thin executable: `meterlog-gateway` and its siblings.
public struct SingleServiceCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        abstract: "Run one Meterlog service; its name is the executable's.",
        version: MeterlogVersion.current
    )

    @OptionGroup var common: CommonOptions
    @Option(help: "Name of this process among those that run the same service. Default: the host's name.")
    var instance: String?
    @OptionGroup var threads: ThreadsOption

    public init() {}

    /// Parses the arguments and runs the service until a signal; exits with the command line's codes.
    public static func main(service: String) async {
        do {
            guard let name = ServiceName(rawValue: service) else {
                throw AppError.unusable("there is no service \(service)")
            }
            let command = try SingleServiceCommand.parse()
            try await ServiceRun(
                name: name,
                common: command.common,
                instance: command.instance,
                threads: command.threads
            ).run()
        } catch {
            exit(withError: error)
        }
    }
}
