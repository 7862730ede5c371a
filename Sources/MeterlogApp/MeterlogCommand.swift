public import ArgumentParser

/// The command line `meterlog`.
public struct MeterlogCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "meterlog",
        abstract: "Meter data management on an event log.",
        discussion: """
            Every raw payload is an immutable event; readings, exceptions and alarms are folded from it and can be rebuilt.

            Exit codes: 0 done, 1 failed, 2 a check found something, 64 wrong usage.
            Configuration: --config FILE or METERLOG_CONFIG, then METERLOG_* variables, then flags; see docs/configuration.md.
            """,
        version: MeterlogVersion.current,
        subcommands: [
            RunCommand.self, BrokerCommand.self, ServiceCommand.self, TopicsCommand.self, MigrateCommand.self,
            DoctorCommand.self, IngestCommand.self, TailCommand.self, LagCommand.self, SimulateCommand.self,
            SimulateFaultsCommand.self, DemoCommand.self, RulesCommand.self, EditCommand.self, LockCommand.self,
            ForceEstimateCommand.self, ExplainCommand.self,
        ]
    )

    public init() {}

    /// Parses the arguments, runs the command, and exits with its code.
    public static func start() async {
        await main()
    }
}

/// The program's version.
public enum MeterlogVersion {
    public static let current = "0.1.0"
}
