import ArgumentParser
import HTTPServing

/// `meterlog rules check`: whether a file is a rule set.
struct RulesCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check a rule file; nothing is sent.",
        discussion: "Exit code 2 when the file is no rule set; the line and the reason are printed."
    )

    @Argument(help: "The rule file.")
    var file: String

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    func run() throws {
        do {
            let rules = try RuleFile(path: file)
            if json {
                Terminal.print(report(version: rules.version, fault: nil))
            } else {
                Terminal.print("\(file) is a rule set, version \(rules.version)")
            }
        } catch let error as AppError {
            if json {
                Terminal.print(report(version: nil, fault: "\(error)"))
            } else {
                Terminal.complain("\(error)")
            }
            throw ExitCode(2)
        }
    }

    private func report(version: String?, fault: String?) -> String {
        var text = JSONText()
        text.beginObject()
        text.member("file", file)
        text.member("valid", fault == nil)
        if let version { text.member("version", version) }
        if let fault { text.member("error", fault) }
        text.endObject()
        return String(decoding: text.bytes, as: UTF8.self)
    }
}
