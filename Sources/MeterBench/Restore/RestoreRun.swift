import Foundation
import KafkaIO
import StreamCore
import VEE

/// Waits for workers and adds up what their restores took; the parts are those of the slowest.
struct RestoreRun {
    private static let limitSeconds = 1_800.0

    let admin: KafkaAdmin
    let partitions: Int32
    private(set) var slowest = 0.0
    private(set) var fastest = Double.infinity
    /// From the start of the process until the first partition was given to it.
    private(set) var joinSeconds = 0.0
    /// From the last snapshot read until the last partition was up to date.
    private(set) var replaySeconds = 0.0
    private(set) var replayedRecords: Int64 = 0
    private(set) var snapshotBytes: Int64 = 0
    private(set) var peakMemoryBytes: Int64 = 0
    private(set) var cpuSeconds = 0.0
    private(set) var longestSnapshotMilliseconds: Int64 = 0
    /// Bytes of the newest snapshot of each partition.
    private var snapshots: [Int64: Int64] = [:]

    init(admin: KafkaAdmin, partitions: Int32) {
        self.admin = admin
        self.partitions = partitions
    }

    private var inputs: [TopicPartition] { (0..<partitions).map { TopicPartition(VEEProcessor.inputTopic, $0) } }

    /// - Throws: `RestoreBenchError` when the worker ends or makes no end.
    func waitUntilCommitted(_ worker: RestoreWorker) throws {
        try wait(worker) {
            let ends = try inputs.map { try admin.watermarks(of: $0).high }
            let committed = try admin.committedOffsets(ofGroup: RestoreWorkerCommand.groupID, inputs)
            return zip(ends, committed).allSatisfy { $0 == $1 ?? 0 }
        }
    }

    private func wait(_ worker: RestoreWorker, _ isDone: () throws -> Bool) throws {
        let end = ProcessUsage.monotonicSeconds() + Self.limitSeconds
        while try !isDone() {
            guard worker.isRunning, ProcessUsage.monotonicSeconds() < end else {
                throw RestoreBenchError.worker(worker.problems)
            }
            usleep(20_000)
        }
    }

    /// Remembers the snapshots that a worker wrote; they are what the next one restores from.
    mutating func take(snapshotsOf worker: RestoreWorker) {
        for numbers in worker.said("stream.snapshot-written").map(\.numbers) where numbers.count == 3 {
            snapshots[numbers[0]] = numbers[1]
            longestSnapshotMilliseconds = max(longestSnapshotMilliseconds, numbers[2])
        }
    }

    /// Waits until every partition runs.
    mutating func measure(_ worker: RestoreWorker) throws {
        let wanted = Int(partitions)
        try wait(worker) { worker.said("stream.live").count >= wanted }
        let live = worker.said("stream.live").filter { $0.numbers.count == 2 }
        let restoring = worker.said("stream.restoring").filter { $0.numbers.count == 3 }
        let end = live.map(\.seconds).max() ?? 0
        let seconds = end - worker.startedSeconds
        let replayed = restoring.map { max(0, $0.numbers[2] - $0.numbers[1]) }.reduce(0, +)
        RestoreBenchCommand.note("restored in \(Int(seconds * 1_000)) ms, with \(replayed) records folded again")
        fastest = min(fastest, seconds)
        guard seconds > slowest else { return }
        slowest = seconds
        // A partition is up to date so many milliseconds after its restore began.
        let starts = live.map { $0.seconds - Double($0.numbers[1]) / 1_000 }
        joinSeconds = (starts.min() ?? end) - worker.startedSeconds
        replaySeconds = end - (restoring.map(\.seconds).max() ?? end)
        replayedRecords = replayed
        snapshotBytes = snapshots.values.reduce(0, +)
        peakMemoryBytes = ProcessUsage.peakMemoryBytes(of: worker.processID) ?? 0
        cpuSeconds = ProcessUsage.cpuSeconds(of: worker.processID) ?? 0
    }
}

/// Why there is no figure.
enum RestoreBenchError: Error, CustomStringConvertible {
    case worker([String])

    var description: String {
        switch self {
        case .worker(let problems): "the worker ended or made no end: " + problems.joined(separator: "; ")
        }
    }
}
