import ArgumentParser
import HTTPServing
import RuleSets

/// `meterlog rules diff`: which parameters differ.
struct RulesDiffCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff",
        abstract: "Compare two rule sets parameter by parameter.",
        discussion: """
            Each is a version, "active", "default", or a file. Exit code 2 when they differ.

            meterlog rules diff active new.json
            """
    )

    @OptionGroup var common: CommonOptions

    @Argument(help: "The old one.")
    var old: String

    @Argument(help: "The new one.")
    var new: String

    @Flag(help: "Print JSON instead of text.")
    var json = false

    func run() async throws {
        let settings = try common.settings()
        let before = try await RuleSource.named(old, settings: settings)
        let after = try await RuleSource.named(new, settings: settings)
        let differences = after.rules.differences(from: before.rules)
        if json {
            printJSON(differences)
        } else {
            for difference in differences { Terminal.print("\(difference)") }
            if differences.isEmpty { Terminal.print("no difference") }
        }
        if !differences.isEmpty { throw ExitCode(2) }
    }

    private func printJSON(_ differences: [RuleDifference]) {
        var text = JSONText()
        text.beginArray()
        for difference in differences {
            text.beginObject()
            text.member("path", difference.path)
            for (name, value) in [("old", difference.old), ("new", difference.new)] {
                text.name(name)
                if let value { text.string(value) } else { text.null() }
            }
            text.endObject()
        }
        text.endArray()
        Terminal.print(String(decoding: text.bytes, as: UTF8.self))
    }
}
