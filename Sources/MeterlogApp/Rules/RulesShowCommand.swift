import ArgumentParser
import HTTPServing
import MeterCore
import RuleSets

/// `meterlog rules show`: which rule sets are in force, or one of them whole.
struct RulesShowCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "List the activated rule sets, or print one with all its parameters.",
        discussion: "NAME is a version, \"active\" (what holds for data of now), \"default\", or a file."
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "A version, active, default, or a file. Without it: the list of activations.")
    var name: String?

    @Flag(help: "Print the bytes that were activated instead of all parameters.")
    var verbatim = false

    @Flag(help: "Print JSON instead of a table.")
    var json = false

    func run() async throws {
        let settings = try common.settings()
        if let name {
            let source = try await RuleSource.named(name, settings: settings)
            Terminal.print(verbatim ? source.text : source.rules.json)
            return
        }
        let cluster = try ClusterAccess(settings: settings, logger: settings.logger("meterlog.rules"))
        let known = try await BlockingThread.run { try ActivatedRules(cluster) }
        let now = Instant(secondsSinceEpoch: Stopwatch.wallMilliseconds() / 1000)
        let current = known.inForce(at: now)
        json ? printJSON(known, current) : printTable(known, current)
    }

    private func printTable(_ known: ActivatedRules, _ current: ActivatedRules.Activation?) {
        var table = TextTable(header: ["", "data from", "version", "activated at"])
        table.add([current == nil ? "*" : "", "the beginning", RuleSet.default1.version, "shipped"])
        for one in known.activations {
            let isCurrent = one.version == current?.version && one.effectiveFrom == current?.effectiveFrom
            let activated = Instant(secondsSinceEpoch: one.activatedAtMilliseconds / 1000)
            table.add([isCurrent ? "*" : "", one.effectiveFrom.description, one.version, activated.description])
        }
        for line in table.lines { Terminal.print(line) }
    }

    private func printJSON(_ known: ActivatedRules, _ current: ActivatedRules.Activation?) {
        var text = JSONText()
        text.beginObject()
        text.member("active", current?.version ?? RuleSet.default1.version)
        text.name("activations")
        text.beginArray()
        for one in known.activations {
            text.beginObject()
            text.member("version", one.version)
            text.member("effectiveFrom", one.effectiveFrom.description)
            text.member(
                "activatedAt",
                Instant(secondsSinceEpoch: one.activatedAtMilliseconds / 1000).description
            )
            text.endObject()
        }
        text.endArray()
        text.endObject()
        Terminal.print(String(decoding: text.bytes, as: UTF8.self))
    }
}
