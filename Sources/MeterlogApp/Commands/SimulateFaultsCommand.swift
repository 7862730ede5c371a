public import ArgumentParser
import Glibc
public import SimulationKit

extension FaultKind: ExpressibleByArgument {}
extension PlantedDefect: ExpressibleByArgument {}

/// `meterlog simulate-faults`: the stream runtime under seeded faults, against an independent oracle.
struct SimulateFaultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate-faults",
        abstract:
            "Run the real stream loop over an in-memory log, break things, and check that nothing is lost or doubled.",
        discussion: """
            Every seed is one run: several processes, a log with transactions, groups and snapshots, and faults drawn from the seed, \
            so that a run is the same whenever it is repeated. Afterwards the faults stop, and the committed outputs must be those of \
            an undisturbed run. Exit code 1 when a law was broken, with the seeds that show it.

            --canary plants a bug instead: exit code 1 when it is not found.
            --every-step draws nothing: a process dies once a run, at every place where it can, one after the other.
            """
    )

    @Option(help: "Number of seeds. Default: 1000; 100 with --canary, 10 with --every-step.")
    var seeds: Int?
    @Option(help: "The first seed; the others follow.")
    var firstSeed: UInt64 = 1
    @Option(
        help:
            "Only faults of this kind; may be repeated. \(FaultKind.allCases.map(\.rawValue).joined(separator: ", "))."
    )
    var fault: [FaultKind] = []
    @Option(help: "Plant this bug. \(PlantedDefect.allCases.map(\.rawValue).joined(separator: ", ")).")
    var canary: PlantedDefect?
    @Flag(help: "A crash at every step, instead of drawn faults.")
    var everyStep = false
    @Option(help: "Runs at one time. Default: one a processor.")
    var parallel: Int?
    @Flag(help: "Print one JSON object.")
    var json = false

    private var seedCount: Int { seeds ?? (everyStep ? 10 : canary == nil ? 1_000 : 100) }

    func validate() throws {
        guard (1...100_000_000).contains(seedCount) else { throw ValidationError("--seeds is 1 to 100000000") }
        guard firstSeed <= UInt64.max - UInt64(seedCount) else { throw ValidationError("--first-seed is too large") }
        if let parallel, !(1...256).contains(parallel) { throw ValidationError("--parallel is 1 to 256") }
        if everyStep, canary != nil || !fault.isEmpty {
            throw ValidationError("--every-step has no faults but the crash; leave --fault and --canary out")
        }
    }

    func run() async throws {
        var options = FaultSimulation.Options()
        options.defect = canary
        if !fault.isEmpty { options.kinds = Set(fault) }
        let campaign = FaultCampaign(
            firstSeed: firstSeed,
            seeds: seedCount,
            options: options,
            parallel: parallel ?? max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))),
            isCrashSweep: everyStep,
            stopsAtFailure: canary != nil
        )
        let bar = ProgressBar(title: "simulate", unit: "seeds", total: seedCount, isQuiet: json)
        let summary = await campaign.run { bar.advance() }
        bar.finish()
        let report = FaultReport(campaign: campaign, summary: summary, faults: fault, canary: canary)
        for line in json ? [report.json] : report.lines { Terminal.print(line) }
        guard report.isGood else { throw ExitCode.failure }
    }
}
