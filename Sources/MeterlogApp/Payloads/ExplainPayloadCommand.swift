import ArgumentParser
import QueryAPI
import Settings

/// `meterlog explain payload`: how many values came, and what they are now.
struct ExplainPayloadCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "payload",
        abstract: "Say what became of a payload's values: in force, superseded by what, unchanged, held or refused.",
        discussion: """
            The payload is named by its idempotency key or by its place in the raw topic. Reads the database of the projector.

            meterlog explain payload m1-2026-05-01
            meterlog explain payload meter.raw/1/77 --json

            Exit code 1: there is no such payload. 2: VEE or the projector have not spoken about all of it yet.
            """
    )

    @OptionGroup var common: CommonOptions
    @Argument(help: "Idempotency key, or TOPIC/PARTITION/OFFSET.")
    var id: String
    @Option(help: "Of this sender alone: two may have used the same key.")
    var source: String?
    @Flag(help: "One JSON object, as /api/v1/payloads/{id} gives it.")
    var json = false

    func run() async throws {
        var connection = try DatabaseAccess(try common.settings()).connect("meterlog-explain")
        guard let account = try PayloadAccount.read(id, source: source, &connection) else {
            throw AppError.unusable(
                "no payload \(id) was read yet; is the name right, do normalizer and projector run? meterlog lag tells"
            )
        }
        if json {
            Terminal.print(String(decoding: account.json, as: UTF8.self))
        } else {
            for line in PayloadText(account).lines { Terminal.print(line) }
        }
        if account.state == .pending { throw ExitCode(2) }
    }
}
