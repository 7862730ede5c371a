import Foundation
import KafkaIO
import StreamCore
import Testing

/// The broker as a process, killed every few seconds under producers, transactions and readers. `ops/broker-torture` runs it.
@Suite("Broker torture")
struct BrokerTortureTests {
    /// One run; none unless `METERLOG_TORTURE_SECONDS` says for how long, and `METERLOG_BINARY` where the program is.
    private static let runs: [(seconds: Double, binary: String)] = {
        let environment = ProcessInfo.processInfo.environment
        guard let seconds = environment["METERLOG_TORTURE_SECONDS"].flatMap(Double.init),
            let binary = environment["METERLOG_BINARY"]
        else { return [] }
        return [(seconds, binary)]
    }()

    @Test("killed again and again, it keeps what it acknowledged, once and in order", arguments: runs)
    func torture(seconds: Double, binary: String) async throws {
        try await onOwnThread { try Self.torture(seconds: seconds, binary: binary) }
    }

    private static func torture(seconds: Double, binary: String) throws {
        let directory = try TestBroker.makeDirectory()
        try TortureClients.createInternalTopics(in: directory + "/data")
        let broker = try BrokerProcess(binary: binary, directory: directory)
        defer { broker.kill() }
        try broker.start()
        let clients = TortureClients(port: broker.port, journal: TortureJournal())
        try clients.createTopics()
        let running = DispatchGroup()
        let parts: [@Sendable () -> Void] = [
            clients.writePlainly, clients.writeIdempotently, clients.writeLatest, clients.commitOffsets,
            clients.readCommitted, clients.watchOffsets,
            { clients.transform(name: "torture-0") }, { clients.transform(name: "torture-1") },
        ]
        for part in parts {
            running.enter()
            Thread {
                part()
                running.leave()
            }.start()
        }
        try killAgainAndAgain(broker, seconds: seconds)
        clients.journal.stopWriters()
        let isDrained = try drain(clients)
        clients.journal.stopAll()
        if running.wait(timeout: .now() + 60) == .timedOut {
            clients.journal.note { $0.faults.append("a client does not stop") }
        }
        let faults = try judge(clients, isDrained: isDrained)
        let exitCode = broker.stop()
        report(clients.journal.entries, broker)
        #expect(faults == [], "the broker's folder is \(directory)")
        #expect(exitCode == 0)
        if faults.isEmpty { try TestBroker.removeDirectory(directory) }
    }

    /// Lives of a few seconds; in a run of several minutes one that is long enough for retention and compaction, which
    /// run every minute, and ends about when they run.
    private static func killAgainAndAgain(_ broker: BrokerProcess, seconds: Double) throws {
        let began = Date()
        var hasLivedLong = seconds < 150
        while Date().timeIntervalSince(began) < seconds {
            if !hasLivedLong, Date().timeIntervalSince(began) > seconds / 3 {
                hasLivedLong = true
                usleep(UInt32.random(in: 60_000_000...60_500_000))
            } else {
                usleep(UInt32.random(in: 1_000_000...4_000_000))
            }
            broker.kill()
            usleep(UInt32.random(in: 0...300_000))
            try broker.start()
        }
    }

    /// Waits until everything written has been passed on and seen. Returns whether that happened; gives up when nothing
    /// has come for half a minute.
    private static func drain(_ clients: TortureClients) throws -> Bool {
        let admin = try KafkaAdmin(settings: clients.settings("drain"))
        var last = (count: 0, at: Date())
        while Date().timeIntervalSince(last.at) < 30 {
            usleep(500_000)
            let entries = clients.journal.entries
            if entries.seen.count > last.count { last = (entries.seen.count, Date()) }
            guard entries.idempotentSent > 0 else { continue }
            let highs = try TortureClients.inputs.map { try admin.watermarks(of: $0).high }
            let committed = try admin.committedOffsets(ofGroup: "torture", TortureClients.inputs).map { $0 ?? 0 }
            if highs == committed, entries.seen.count >= Int(highs.reduce(0, +)) { return true }
        }
        return false
    }

    /// What is wrong with what is left.
    private static func judge(_ clients: TortureClients, isDrained: Bool) throws -> [String] {
        let entries = clients.journal.entries
        var faults = entries.faults
        if !isDrained { faults.append("not everything was passed on after the last start") }
        if entries.plainAcknowledged == 0 || entries.idempotentSent == 0 || entries.simpleCommits == 0 {
            faults.append("a client did nothing")
        }
        if entries.committedTransactions == 0 || entries.abortedTransactions == 0 {
            faults.append("no transaction was ended")
        }
        faults += try TortureVerdict(entries: entries, brokers: clients.brokers).faults()
        return faults
    }

    private static func report(_ entries: TortureJournal.Entries, _ broker: BrokerProcess) {
        let recovered = entries.recovered.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        print(
            """
            torture: \(broker.kills) kills, slowest start \(Int(broker.slowestStartSeconds * 1_000)) ms; \
            \(entries.plainAcknowledged) plain and \(entries.idempotent.delivered) idempotent records acknowledged, \
            \(entries.idempotent.failed) failed; \(entries.seen.count) passed on in \
            \(entries.committedTransactions) transactions, \(entries.abortedTransactions) aborted; \
            \(entries.plainRetried.count) plain records retried, \(entries.latestSent) under keys, \
            \(entries.simpleCommits) offsets committed; \
            recovered: \(recovered.joined(separator: ", "))
            """
        )
    }
}
