/// Sends many payloads with a bounded number under way.
struct PayloadSender: Sendable {
    struct Outcome: Sendable {
        var acknowledged = 0
        var failures: [String] = []
    }

    let client: GatewayClient
    let parallel: Int

    func send(_ payloads: [GatewayClient.Payload], progress: @escaping @Sendable () -> Void) async -> Outcome {
        await withTaskGroup(of: String?.self) { group in
            var outcome = Outcome()
            var next = 0
            while next < min(parallel, payloads.count) {
                add(payloads[next], to: &group)
                next += 1
            }
            while let failure = await group.next() {
                progress()
                if let failure { outcome.failures.append(failure) } else { outcome.acknowledged += 1 }
                if next < payloads.count {
                    add(payloads[next], to: &group)
                    next += 1
                }
            }
            return outcome
        }
    }

    private func add(_ payload: GatewayClient.Payload, to group: inout TaskGroup<String?>) {
        group.addTask {
            do {
                try await client.send(payload)
                return nil
            } catch {
                return "\(payload.idempotencyKey): \(error)"
            }
        }
    }
}
