import Foundation
import KafkaIO
import StreamCore
import Synchronization

/// What the clients of a torture run have done and seen, for the judgement at its end.
final class TortureJournal: Sendable {
    struct Entries: Sendable {
        /// What was acknowledged to the producer without idempotence.
        var plainAcknowledged = 0
        /// Numbers that it had to send more than once; only they may be there twice.
        var plainRetried: Set<Int> = []
        var idempotentSent = 0
        var idempotent = KafkaProducer.Tally()
        /// Values that the reader of committed records saw, in order, while brokers came and went.
        var seen: [String] = []
        /// The highest positions that anybody has tried to commit.
        var attempted: [TopicPartition: Int64] = [:]
        /// The last value sent under each key of the compacted topic, and how many were sent in all.
        var latest: [String: Int] = [:]
        var latestSent = 0
        var latestTally = KafkaProducer.Tally()
        /// Offset commits outside of transactions that were acknowledged.
        var simpleCommits = 0
        var committedTransactions = 0
        var abortedTransactions = 0
        /// Failures that the clients recovered from, by reaction.
        var recovered: [String: Int] = [:]
        /// What must not happen.
        var faults: [String] = []
    }

    private let state = Mutex((entries: Entries(), areWritersStopped: false, areAllStopped: false))

    var entries: Entries { state.withLock { $0.entries } }
    var areWritersStopped: Bool { state.withLock { $0.areWritersStopped } }
    var areAllStopped: Bool { state.withLock { $0.areAllStopped } }

    func stopWriters() { state.withLock { $0.areWritersStopped = true } }
    func stopAll() { state.withLock { $0.areAllStopped = true } }

    func note(_ change: (inout Entries) -> Void) {
        state.withLock { change(&$0.entries) }
    }

    /// A failed call: what is fatal is a fault, everything else is part of the torture.
    func note(_ error: any Error, in part: String) {
        note { entries in
            if let error = error as? LogError, error.reaction != .fatal {
                entries.recovered["\(part) \(error.reaction)", default: 0] += 1
            } else {
                entries.faults.append("\(part): \(error)")
            }
        }
    }
}
