import ArgumentParser
import HTTPServing
import Settings

/// `meterlog doctor`: is everything there that Meterlog needs?
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Check versions, permissions, topics, tables, clock and disk; exit code 2 when something is wrong."
    )

    @OptionGroup var common: CommonOptions
    @Flag(help: "Print one JSON object.")
    var json = false

    func run() async throws {
        let findings = Diagnosis(common: common).findings()
        if json {
            var writer = JSONText()
            writer.beginObject()
            writer.name("checks")
            writer.beginArray()
            for finding in findings {
                writer.beginObject()
                writer.member("check", finding.check)
                writer.member("verdict", finding.verdict.rawValue)
                writer.member("detail", finding.detail)
                writer.endObject()
            }
            writer.endArray()
            writer.endObject()
            Terminal.print(String(decoding: writer.bytes, as: UTF8.self))
        } else {
            var table = TextTable(header: ["check", "verdict", "detail"])
            for finding in findings { table.add([finding.check, finding.verdict.rawValue, finding.detail]) }
            for line in table.lines { Terminal.print(line) }
        }
        if findings.contains(where: { $0.verdict == .wrong }) { throw ExitCode(2) }
    }
}
