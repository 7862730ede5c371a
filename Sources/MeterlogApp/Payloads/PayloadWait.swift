import PostgresIO
import QueryAPI
import Settings

/// Asks the read model about payloads until it has an answer for each, or the time is over.
struct PayloadWait: Sendable {
    let settings: Settings
    let seconds: Double
    let isQuiet: Bool

    /// What became of the payloads; those that nobody has spoken about in time count as pending or silent.
    func report(_ payloads: [GatewayClient.Payload]) async throws -> IngestReport {
        let bar = ProgressBar(title: "wait", unit: "payloads", total: payloads.count, isQuiet: isQuiet)
        let deadline = Stopwatch.seconds() + seconds
        var accounts: [String: PayloadAccount] = [:]
        let source = payloads.first?.source
        var open = Array(Set(payloads.map(\.idempotencyKey))).sorted()
        var pauseMilliseconds = 100
        while !open.isEmpty {
            do {
                var connection = try DatabaseAccess(settings).connect("meterlog-ingest")
                let before = open
                open = []
                for key in before {
                    guard Stopwatch.seconds() < deadline || accounts[key] == nil else {
                        open.append(key)
                        continue
                    }
                    let account = try PayloadAccount.read(key, source: source, isBrief: true, &connection)
                    if let account { accounts[key] = account }
                    if account?.isFinal != true { open.append(key) }
                }
            } catch  where DatabaseAccess.isPassing(error) {
                // The database is away: the same wait as for the projector.
            }
            bar.set(done: payloads.count - open.count, total: payloads.count)
            guard !open.isEmpty, Stopwatch.seconds() < deadline else { break }
            try await Task.sleep(for: .milliseconds(pauseMilliseconds))
            pauseMilliseconds = min(pauseMilliseconds * 2, 2000)
        }
        bar.finish()
        var report = IngestReport()
        for payload in payloads { report.add(accounts[payload.idempotencyKey], file: payload.file) }
        return report
    }
}

extension PayloadAccount {
    /// Nothing more is to be waited for.
    var isFinal: Bool { state != .pending }
}
