import ArgumentParser
import Foundation
import MeterCore
import Settings

/// Where an operator's payload is sent, and what is said when it was stored.
struct GatewayOptions: ParsableArguments {
    @Option(help: "URL of the gateway. Default: the configured address.")
    var gateway: String?

    @Option(help: "Bearer token for the gateway. Default: the first configured one.")
    var token: String?

    @Option(help: "Name of the sender in the log.")
    var source = "operator"

    @Option(help: "Idempotency key. Default: a new one, so that each call is an order of its own.")
    var idempotencyKey: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    /// Sends one payload; returns its idempotency key when the gateway has acknowledged it.
    func send(_ body: [UInt8], mediaType: String, key: String? = nil, settings: Settings) async throws -> String {
        let client = try GatewayClient(
            gateway: gateway ?? "http://\(settings.gateway.host):\(settings.gateway.port)",
            token: token ?? settings.gateway.tokens.keys.min(),
            connections: 1,
            patienceSeconds: 30
        )
        let key = idempotencyKey ?? key ?? "operation:\(UUID().uuidString.lowercased())"
        try await client.send(
            GatewayClient.Payload(body: body, mediaType: mediaType, idempotencyKey: key, source: source)
        )
        return key
    }
}

/// An instant on the command line.
enum InstantArgument {
    /// ISO 8601 with its offset, or seconds since 1970.
    @Sendable static func parse(_ argument: String) throws -> Instant {
        let bytes = Array(argument.utf8)
        if let instant = TimestampText(bytes.span, 0..<bytes.count)?.instant { return instant }
        guard let second = Int64(argument) else {
            throw ValidationError(
                "\"\(argument)\" is no instant: write ISO 8601 with the offset (2026-01-05T00:00:00Z), or seconds since 1970"
            )
        }
        return Instant(secondsSinceEpoch: second)
    }
}
