import ArgumentParser
import HTTPServing
import Settings

/// `meterlog lock`: what was billed is not changed silently any more.
struct LockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Lock billed values: what would change them becomes a pending correction.",
        discussion: "Locked values have the quality revenue. --unlock lets them follow the rules again."
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var gateway: GatewayOptions
    @OptionGroup var operation: OperationOptions

    @Option(name: .long, help: "Meter id; may be given several times.")
    var meter: [String] = []

    @Option(help: "File with one meter id a line, for a billing run.")
    var metersFile: String?

    @Option(help: "Channel.")
    var channel = "1-0:1.8.0"

    @Flag(help: "Take the lock back.")
    var unlock = false

    /// Meters of one call.
    private static let meterLimit = 100_000
    /// Operations of one payload.
    private static let payloadLimit = 2000

    func validate() throws {
        try operation.requireEnd()
        guard !meter.isEmpty || metersFile != nil else { throw ValidationError("name a --meter or a --meters-file") }
    }

    func run() async throws {
        let settings = try common.settings()
        var meters = meter
        if let metersFile {
            meters += try TextFile.read(metersFile).text.split(whereSeparator: \.isNewline).map { String($0) }
        }
        guard !meters.isEmpty, meters.count <= Self.meterLimit else {
            throw ValidationError("\(meters.count) meters; 1 to \(Self.meterLimit) can be locked in one call")
        }
        guard gateway.idempotencyKey == nil || meters.count <= Self.payloadLimit else {
            throw ValidationError("--idempotency-key is for up to \(Self.payloadLimit) meters")
        }
        let name = unlock ? "unlock" : "lock"
        for start in stride(from: 0, to: meters.count, by: Self.payloadLimit) {
            let part = meters[start..<min(start + Self.payloadLimit, meters.count)]
            let operations = try part.map { meter in
                var json = try operation.begin(name)
                json.member("meter", meter)
                json.member("channel", channel)
                json.endObject()
                return json
            }
            try await gateway.send(operations: operations, "\(name) of \(part.count) meters", settings: settings)
        }
    }
}
