import ArgumentParser
import PostgresIO
import Projection
import Settings

/// `meterlog migrate`: brings the database to this version's schema.
struct MigrateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "migrate",
        abstract: "Apply migrations/*.sql, forward only. Uses TimescaleDB where the server has it.",
        discussion: "A second run changes nothing. A file that was applied and has changed since is refused."
    )

    @OptionGroup var common: CommonOptions
    @Flag(help: "Say what would be applied and change nothing; exit code 2 when something is pending.")
    var check = false

    func run() async throws {
        let settings = try common.settings()
        var connection = try DatabaseAccess(settings).connect("meterlog-migrate")
        let migrator = try DatabaseAccess(settings).migrator()
        if check {
            let pending = try migrator.plan(&connection)
            for file in pending { Terminal.print("pending: \(file.name)") }
            guard pending.isEmpty else { throw ExitCode(2) }
            Terminal.print("nothing pending; \(try migrator.status(&connection).variantSummary)")
            return
        }
        let applied = try migrator.apply(&connection)
        for file in applied { Terminal.print("applied \(file.name)") }
        let summary = try migrator.status(&connection).variantSummary
        Terminal.print(applied.isEmpty ? "nothing to do; \(summary)" : summary)
    }
}
