import HeadEndSimulator
import MeterCore

/// Delivers a simulated head-end's payloads to a gateway, in order, some under way at one time.
struct HeadEndRun: Sendable {
    let client: GatewayClient
    let parallel: Int
    /// Whether the gateway takes the simulated receive times; else it stamps with its own clock.
    let sendsSimulatedTimes: Bool

    /// - Returns: the failures; none means that every payload was acknowledged.
    func deliver(_ headEnd: HeadEnd, progress: @escaping @Sendable () -> Void) async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            var headEnd = headEnd
            var failures: [String] = []
            for _ in 0..<parallel {
                guard let delivery = headEnd.next() else { break }
                group.addTask { await send(delivery) }
            }
            while let failure = await group.next() {
                progress()
                if let failure { failures.append(failure) }
                guard failures.count < 100 else { break }
                if let delivery = headEnd.next() { group.addTask { await send(delivery) } }
            }
            group.cancelAll()
            return failures
        }
    }

    /// Moves the simulated time of every raw partition forward.
    func tick(timeMilliseconds: Int64) async throws {
        try await client.send(
            GatewayClient.Payload(
                body: [],
                mediaType: TickPayload.mediaType,
                idempotencyKey: "tick",
                source: HeadEndRun.source,
                simulatedReceiveTimeMilliseconds: timeMilliseconds
            )
        )
    }

    private static let source = "simulator"

    private func send(_ delivery: Delivery) async -> String? {
        do {
            try await client.send(
                GatewayClient.Payload(
                    body: delivery.body,
                    mediaType: delivery.mediaType,
                    idempotencyKey: delivery.idempotencyKey,
                    source: HeadEndRun.source,
                    simulatedReceiveTimeMilliseconds: sendsSimulatedTimes ? delivery.receivedAtMilliseconds : nil
                )
            )
            return nil
        } catch {
            return "\(delivery.idempotencyKey): \(error)"
        }
    }
}
