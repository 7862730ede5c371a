import ArgumentParser
import HeadEndSimulator
import MeterCore
import Settings

/// `meterlog simulate`: a head-end that knows the truth.
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "Send what a head-end of many meters would send, faults included, and write down the truth.",
        discussion: """
            Daily load shapes, duplicates, gaps, spikes, late and out-of-order payloads, outages with last gasp and restoration, and \
            payloads that can't be decoded. A gateway with a simulated clock (gateway.simulated_clock) takes the simulated receive \
            times; for any other one use --wall-clock.

            meterlog simulate --meters 10000 --interval 15m --days 1 --seed 1 --truth truth.csv
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var simulation: SimulationOptions
    @Option(help: "URL of the gateway. Default: the configured address.")
    var gateway: String?
    @Option(help: "Bearer token for the gateway. Default: the first configured one.")
    var token: String?
    @Option(help: "Payloads under way at one time.")
    var parallel = 8
    @Option(help: "Write what should become of every interval to this CSV file.")
    var truth: String?
    @Flag(help: "Let the gateway stamp payloads with its own clock.")
    var wallClock = false

    func run() async throws {
        let settings = try common.settings()
        guard (1...256).contains(parallel) else { throw ValidationError("--parallel is 1 to 256") }
        let plan = try simulation.plan(settings, meters: 10_000, days: 1)
        let headEnd = HeadEnd(plan: plan)
        if let truth { try TruthFile(headEnd.truth()).write(to: truth) }
        let run = HeadEndRun(
            client: try GatewayClient(
                gateway: gateway ?? "http://\(settings.gateway.host):\(settings.gateway.port)",
                token: token ?? settings.gateway.tokens.keys.min(),
                connections: parallel
            ),
            parallel: parallel,
            sendsSimulatedTimes: !wallClock
        )
        let bar = ProgressBar(title: "simulate", unit: "payloads", total: headEnd.deliveryCount)
        let failures = await run.deliver(headEnd) { bar.advance() }
        bar.finish()
        for failure in failures.prefix(20) { Terminal.complain("meterlog simulate: \(failure)") }
        guard failures.isEmpty else { throw ExitCode.failure }
        if !wallClock {
            try await run.tick(timeMilliseconds: SimulatedEnd(plan: plan, settings: settings).milliseconds)
        }
        Terminal.print("\(headEnd.deliveryCount) payloads acknowledged")
    }
}

/// When everything of a simulation is due: after the latest delivery and both grace times.
struct SimulatedEnd {
    let plan: SimulationPlan
    let settings: Settings

    /// Latest delay of a late block.
    private static let latestDeliverySeconds: Int64 = 4 * 86_400

    /// ms since 1970-01-01T00:00:00Z.
    var milliseconds: Int64 {
        let grace = Int64(settings.vee.graceHours + settings.vee.lateGraceHours + 1) * 3600
        return (plan.period.upperBound.secondsSinceEpoch + SimulatedEnd.latestDeliverySeconds + grace) * 1000
    }
}
