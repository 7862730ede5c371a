package import StreamCore
import Synchronization

/// What is written down about a run by all its threads: when it began and ended, and where the time of the threads went.
package final class RunRecorder: Sendable {
    /// Time that threads spent, in seconds, summed over them.
    package struct Shares: Sendable {
        package var poll = 0.0
        /// Polls that gave nothing.
        package var wait = 0.0
        package var produce = 0.0
        package var commit = 0.0
    }

    package struct Mark: Sendable {
        package var seconds: Double
        package var ownCPUSeconds: Double
        package var brokerCPUSeconds: Double?
    }

    package struct State: Sendable {
        package var firstRecord: Mark?
        package var lastCommit: Mark?
        package var committed: [TopicPartition: Int64] = [:]
        package var commits = 0
        package var shares = Shares()
        fileprivate var partitionsByThread: [Int: Int] = [:]
        fileprivate var hasBegun = false
        /// Since the last commit; becomes part of the run with the next one.
        fileprivate var waitAfterCommit = 0.0
    }

    private let broker: Int32?
    /// Threads that must hold partitions before the run begins.
    private let expectedThreads: Int
    private let state = Mutex(State())

    package init(broker: Int32?, expectedThreads: Int) {
        self.broker = broker
        self.expectedThreads = expectedThreads
    }

    /// A group that has just been made rebalances as its members come, which a run of a second would be about. So nobody is given a
    /// record before every thread has partitions.
    var hasBegun: Bool {
        state.withLock { state in
            state.hasBegun =
                state.hasBegun || state.partitionsByThread.values.filter { $0 > 0 }.count >= expectedThreads
            return state.hasBegun
        }
    }

    /// Records were put back: whoever is given them next has had the time since now to fetch them.
    func putBack() {
        let mark = mark()
        state.withLock { $0.firstRecord = mark }
    }

    func holds(partitions: Int, thread: Int) {
        state.withLock { $0.partitionsByThread[thread] = partitions }
    }

    package var snapshot: State { state.withLock { $0 } }

    private func mark() -> Mark {
        Mark(
            seconds: ProcessUsage.monotonicSeconds(),
            ownCPUSeconds: ProcessUsage.ownCPUSeconds(),
            brokerCPUSeconds: broker.flatMap { ProcessUsage.cpuSeconds(of: $0) }
        )
    }

    func polled(seconds: Double, hasRecords: Bool, isFirst: Bool) {
        let mark = hasRecords && isFirst ? mark() : nil
        state.withLock { state in
            state.shares.poll += seconds
            if state.firstRecord == nil { state.firstRecord = mark }
        }
    }

    func waited(seconds: Double) {
        state.withLock { state in
            // What comes before the first record and after the last commit is no part of the run.
            guard state.firstRecord != nil else { return }
            state.waitAfterCommit += seconds
        }
    }

    func produced(seconds: Double) {
        state.withLock { $0.shares.produce += seconds }
    }

    func committed(_ positions: [PartitionPosition], seconds: Double) {
        let mark = mark()
        state.withLock { state in
            state.shares.commit += seconds
            guard !positions.isEmpty else { return }
            state.commits += 1
            state.shares.wait += state.waitAfterCommit
            state.waitAfterCommit = 0
            state.lastCommit = mark
            for position in positions { state.committed[position.partition] = position.nextOffset }
        }
    }
}
