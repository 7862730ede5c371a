public import ArgumentParser

/// The command line `meterlog-bench`: how fast, how large and how exact, measured.
public struct MeterBenchCommand: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "meterlog-bench",
        abstract: "Measures Meterlog.",
        discussion: """
            Every measurement ends with a result on standard output, with --json as one JSON object; what is said on the way goes to \
            standard error. Exit codes: 0 done, 1 failed or a wrong answer, 64 wrong usage.
            """,
        subcommands: [
            W1Command.self, W2Command.self, BrokerBenchCommand.self, RestoreBenchCommand.self,
            RestoreWorkerCommand.self, RuntimeTortureCommand.self, VEEAccuracyCommand.self,
            VEERulesCommand.self,
        ]
    )

    public init() {}

    /// Parses the arguments, runs the command, and exits with its code.
    public static func start() async {
        await main()
    }
}
