import ArgumentParser
import HTTPServing
import MeterCore

/// `meterlog rules activate`: puts a rule set into force.
struct RulesActivateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "activate",
        abstract: "Put a rule file into force, for data from an instant on.",
        discussion: """
            Checks the file, sends it through the gateway, and waits until the log has it. What is kept of the data from that instant on is judged \
            anew; only what becomes different comes out as a revision.
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var gateway: GatewayOptions

    @Argument(help: "The rule file.")
    var file: String

    @Option(
        help: "Data time from which it holds: ISO 8601 with its offset. Default: now.",
        transform: InstantArgument.parse
    )
    var effectiveFrom: Instant?

    @Option(help: "Seconds to wait for the activation in the log; 0 does not wait.")
    var wait = 60

    func validate() throws {
        guard (0...3600).contains(wait) else { throw ValidationError("--wait is 0 to 3600 seconds") }
    }

    func run() async throws {
        let settings = try common.settings()
        let rules = try RuleFile(path: file)
        let from = effectiveFrom ?? Instant(secondsSinceEpoch: Stopwatch.wallMilliseconds() / 1000)
        let payload = RuleActivationPayload(file: rules, effectiveFrom: from)
        _ = try await gateway.send(
            Array(rules.json.utf8),
            mediaType: payload.mediaType,
            key: payload.idempotencyKey,
            settings: settings
        )
        if wait > 0 {
            let cluster = try ClusterAccess(settings: settings, logger: settings.logger("meterlog.rules"))
            try await waitForActivation(of: rules.version, from, cluster)
        }
        if gateway.json {
            var text = JSONText()
            text.beginObject()
            text.member("version", rules.version)
            text.member("effectiveFrom", from.description)
            text.member("active", wait > 0)
            text.endObject()
            Terminal.print(String(decoding: text.bytes, as: UTF8.self))
        } else {
            let state = wait > 0 ? "active" : "sent"
            Terminal.print("rule set \(rules.version) is \(state) for data from \(from) on")
        }
    }

    private func waitForActivation(of version: String, _ from: Instant, _ cluster: ClusterAccess) async throws {
        let deadline = Stopwatch.seconds() + Double(wait)
        while true {
            let known = try await BlockingThread.run { try ActivatedRules(cluster) }
            if known.activations.contains(where: { $0.version == version && $0.effectiveFrom == from }) { return }
            guard Stopwatch.seconds() < deadline else {
                throw AppError.unusable(
                    "the log has no activation of \(version) after \(wait) s: is the normalizer running? "
                        + "A refused rule set is a dead letter: meterlog tail meter.deadletter"
                )
            }
            try await Task.sleep(for: .milliseconds(250))
        }
    }
}
