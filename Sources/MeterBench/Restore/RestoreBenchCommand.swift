import ArgumentParser
import Foundation
import KafkaIO
import StreamCore
import VEE

/// `meterlog-bench restore`: how long the VEE processor is away when its process is killed.
struct RestoreBenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore",
        abstract: "Kills the VEE processor under load and measures how long it takes until every partition runs again.",
        discussion: """
            Fills the journal with days of interval data of many meters, lets a process with the processor's default snapshots fold it, \
            restarts it so that there are snapshots of all of it, appends new days, kills the process (kill -9) under the last of them, and \
            starts it again. "restoreSeconds" is the time from \
            that start until the last partition is up to date with what the group had committed.
            """
    )

    @Flag(help: "One JSON object.")
    var json = false
    @Option(help: "Meters.")
    var meters = 10_000
    @Option(help: "Seconds of an interval.")
    var intervalSeconds: Int32 = 3_600
    @Option(help: "Days of history.")
    var days = 35
    @Option(help: "Partitions of the journal.")
    var partitions: Int32 = 4
    @Option(help: "Stream threads.")
    var threads = 2
    @Option(help: "Kills; the times are those of the slowest.")
    var kills = 3
    @Option(help: "Days of data that come before each kill, the last of them just before it.")
    var newDays = 1
    @Option(help: "HOST:PORT of the broker. Default: METERLOG_KAFKA_BROKERS.")
    var brokers: String?

    func validate() throws {
        guard (1...10_000_000).contains(meters), (1...400).contains(days), (1...256).contains(partitions),
            (1...64).contains(threads), (1...100).contains(kills), (1...100).contains(newDays)
        else {
            throw ValidationError(
                "--meters, --days, --partitions, --threads, --kills and --new-days are positive numbers"
            )
        }
        guard (60...86_400).contains(intervalSeconds), 86_400 % intervalSeconds == 0 else {
            throw ValidationError("--interval-seconds divides a day")
        }
    }

    func run() throws {
        guard let address = brokers ?? ProcessInfo.processInfo.environment["METERLOG_KAFKA_BROKERS"] else {
            throw ValidationError("--brokers or METERLOG_KAFKA_BROKERS says where the broker is")
        }
        let settings = KafkaSettings(brokers: [address], clientID: "meterlog-bench")
        let fill = JournalFill(
            settings: settings,
            meters: meters,
            intervalSeconds: intervalSeconds,
            partitions: partitions
        )
        var run = RestoreRun(admin: try KafkaAdmin(settings: settings), partitions: partitions)
        try fill.createTopics()
        let filled = try Self.timed { try fill.append(days: 0..<days) }
        Self.note("filled the journal in \(Int(filled)) s")
        var worker = try RestoreWorker(brokers: address, threads: threads, partitions: partitions)
        let folded = try Self.timed { try run.waitUntilCommitted(worker) }
        Self.note("folded it in \(Int(folded)) s")
        worker.stop()
        run.take(snapshotsOf: worker)
        worker = try RestoreWorker(brokers: address, threads: threads, partitions: partitions)
        for kill in 0..<kills {
            let next = days + kill * newDays
            try fill.append(days: next..<next + newDays - 1)
            try run.waitUntilCommitted(worker)
            try fill.append(days: next + newDays - 1..<next + newDays)
            worker.kill()
            run.take(snapshotsOf: worker)
            worker = try RestoreWorker(brokers: address, threads: threads, partitions: partitions)
            try run.measure(worker)
            try run.waitUntilCommitted(worker)
        }
        worker.kill()
        print(json ? result(run, folded).json : result(run, folded).table)
    }

    private func result(_ run: RestoreRun, _ foldSeconds: Double) -> BenchResult {
        let intervals = Double(meters) * Double(days) * Double(86_400 / intervalSeconds)
        var result = BenchResult()
        result.add("work", .text("restore"))
        result.add("meters", .integer(Int64(meters)))
        result.add("days", .integer(Int64(days)))
        result.add("intervalSeconds", .integer(Int64(intervalSeconds)))
        result.add("partitions", .integer(Int64(partitions)))
        result.add("threads", .integer(Int64(threads)))
        result.add("kills", .integer(Int64(kills)))
        result.add("restoreSeconds", .number(run.slowest, decimals: 3))
        result.add("fastestRestoreSeconds", .number(run.fastest, decimals: 3))
        result.add("joinSeconds", .number(run.joinSeconds, decimals: 3))
        result.add("replaySeconds", .number(run.replaySeconds, decimals: 3))
        result.add("replayedRecords", .integer(run.replayedRecords))
        result.add("snapshotMB", .number(Double(run.snapshotBytes) / 1e6, decimals: 1))
        result.add("longestSnapshotSeconds", .number(Double(run.longestSnapshotMilliseconds) / 1_000, decimals: 3))
        result.add("restoredMBPerSecond", .number(Double(run.snapshotBytes) / 1e6 / run.slowest, decimals: 1))
        result.add("peakMemoryMB", .number(Double(run.peakMemoryBytes) / 1e6, decimals: 0))
        result.add("cpuSeconds", .number(run.cpuSeconds, decimals: 2))
        result.add("foldedIntervalsPerSecond", .number(intervals / foldSeconds, decimals: 0))
        return result
    }

    static func timed(_ body: () throws -> Void) rethrows -> Double {
        let started = ProcessUsage.monotonicSeconds()
        try body()
        return ProcessUsage.monotonicSeconds() - started
    }

    static func note(_ text: String) {
        FileHandle.standardError.write(Data("\(text)\n".utf8))
    }
}
