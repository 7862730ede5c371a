import Foundation
import KafkaIO
import StreamCore
import Synchronization

/// Looks at a group's committed offsets every few milliseconds and measures the longest time that a partition with records to read stood
/// still: the pause of a rebalance, a crash or a commit, as a reader of the outputs sees it.
final class ProgressWatch: Sendable {
    private struct Seen {
        var committed: Int64 = -1
        var high: Int64 = 0
        /// When it last moved, or had nothing to read.
        var movedSeconds: Double
    }

    private let settings: KafkaSettings
    private let groupID: String
    private let partitions: [TopicPartition]
    private let isStopped = Atomic(false)
    private let longest = Mutex(0.0)
    private let failure = Mutex<String?>(nil)

    init(settings: KafkaSettings, groupID: String, partitions: [TopicPartition]) {
        self.settings = settings
        self.groupID = groupID
        self.partitions = partitions
    }

    var trouble: String? { failure.withLock { $0 } }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// The longest standstill since the last call, in milliseconds; one that lasts is counted up to now, and goes on counting.
    func takeLongestMilliseconds() -> Int {
        longest.withLock { longest in
            defer { longest = 0 }
            return Int(longest * 1_000)
        }
    }

    /// Watches until stopped. Blocks: to be run on a thread of its own.
    func run() {
        do {
            let admin = try KafkaAdmin(settings: settings)
            let now = ProcessUsage.monotonicSeconds()
            var seen = Array(repeating: Seen(movedSeconds: now), count: partitions.count)
            while !isStopped.load(ordering: .relaxed) {
                let committed = try admin.committedOffsets(ofGroup: groupID, partitions)
                for index in partitions.indices {
                    seen[index].high = try admin.watermarks(of: partitions[index]).high
                    look(at: &seen[index], committed: committed[index] ?? 0)
                }
                usleep(5_000)
            }
        } catch {
            failure.withLock { $0 = "\(error)" }
        }
    }

    private func look(at partition: inout Seen, committed: Int64) {
        let now = ProcessUsage.monotonicSeconds()
        if committed != partition.committed || committed >= partition.high {
            partition.committed = committed
            partition.movedSeconds = now
        }
        let still = now - partition.movedSeconds
        longest.withLock { $0 = max($0, still) }
    }
}
