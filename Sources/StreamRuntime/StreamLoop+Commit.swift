import StreamCore
import Telemetry

extension StreamLoop where L: ~Copyable {
    mutating func beginIfNeeded() throws(LoopInterruption) {
        guard !isTransactionOpen else { return }
        try begin()
        work.beganAtNanoseconds = environment.nowNanoseconds()
    }

    mutating func begin() throws(LoopInterruption) {
        try retrier.run("begin", on: &log) { (log: inout L) throws(LogError) in try log.beginTransaction() }
        isTransactionOpen = true
    }

    var isCommitDue: Bool {
        guard isTransactionOpen else { return false }
        return work.inputRecords >= limits.commitRecords
            || work.inputBytes + work.outputBytes >= limits.commitBytes
            || transactionAgeMilliseconds >= limits.commitIntervalMilliseconds
    }

    /// Commits outputs and input positions together. Only after it has succeeded do tasks count as committed.
    mutating func commit() throws(LoopInterruption) {
        guard isTransactionOpen else { return }
        let positions = tasks.filter(\.isDirty).map(\.position)
        let start = environment.nowNanoseconds()
        try retrier.run("commit", on: &log) { (log: inout L) throws(LogError) in try log.commit(positions) }
        let end = environment.nowNanoseconds()
        isTransactionOpen = false
        recoveriesInARow = 0
        for index in tasks.indices where tasks[index].isDirty {
            tasks[index].committedOffset = tasks[index].nextOffset
        }
        countCommit(commitNanoseconds: end - start, transactionNanoseconds: end - work.beganAtNanoseconds)
        forgetWork()
    }

    private mutating func countCommit(commitNanoseconds: Int64, transactionNanoseconds: Int64) {
        committedTransactions += 1
        committedRecords += Int64(work.inputRecords)
        metrics.commits.add()
        metrics.records.add(Int64(work.inputRecords))
        metrics.bytes.add(Int64(work.inputBytes))
        metrics.outputs.add(Int64(work.outputRecords))
        metrics.outputBytes.add(Int64(work.outputBytes))
        metrics.add(work.counters)
        metrics.commitSeconds.observe(Double(commitNanoseconds) / 1e9)
        metrics.transactionSeconds.observe(Double(transactionNanoseconds) / 1e9)
    }

    /// Drops what is known of the transaction; the tasks are dealt with by the caller.
    mutating func forgetWork() {
        work = Work(counters: Array(repeating: 0, count: work.counters.count))
        effects.removeAll()
        effects.isMuted = false
    }
}
