import ArgumentParser
import HTTPServing
import MeterCore
import Settings

/// What every operator's decision says: the span of time, who decided, and why.
struct OperationOptions: ParsableArguments {
    @Option(
        help: "Start: ISO 8601 with its offset, or seconds since 1970.",
        transform: InstantArgument.parse
    )
    var from: Instant

    @Option(help: "End, not included.", transform: InstantArgument.parse)
    var to: Instant?

    @Option(help: "Who decides. Default: the user that runs the command.")
    var user: String?

    @Option(help: "Why; stands in the log for ever.")
    var reason: String

    /// An operation with its common members.
    func begin(_ operation: String) throws -> JSONText {
        guard !reason.isEmpty else { throw ValidationError("--reason is empty") }
        if let to, to <= from { throw ValidationError("--to is not after --from") }
        var json = JSONText()
        json.beginObject()
        json.member("operation", operation)
        json.member("from", from.description)
        if let to { json.member("to", to.description) }
        json.member("user", user ?? ProcessEnvironment.variables["USER"] ?? "operator")
        json.member("reason", reason)
        return json
    }

    func requireEnd() throws {
        if to == nil { throw ValidationError("--to is missing") }
    }
}

extension GatewayOptions {
    /// Sends operations (JSON objects) as one payload and reports it.
    func send(operations: [JSONText], _ what: String, settings: Settings) async throws {
        let body = "[" + operations.map { String(decoding: $0.bytes, as: UTF8.self) }.joined(separator: ",") + "]"
        let key = try await send(
            Array(body.utf8),
            mediaType: "application/vnd.meterlog.operations+json",
            settings: settings
        )
        guard json else {
            Terminal.print("\(what): stored as \(key); it takes effect when the journal has it")
            return
        }
        var text = JSONText()
        text.beginObject()
        text.member("idempotencyKey", key)
        text.member("operations", Int64(operations.count))
        text.endObject()
        Terminal.print(String(decoding: text.bytes, as: UTF8.self))
    }
}
