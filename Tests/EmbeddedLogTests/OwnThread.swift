import Foundation

/// Runs calls that block on a thread of their own, so that the task pool is free for the broker. It stays the same task, so
/// that what fails in it fails the test.
func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withTaskExecutorPreference(ThreadExecutor.shared) { try await runConcurrently(body) }
}

@concurrent
private func runConcurrently<Value: Sendable>(_ body: @Sendable () throws -> Value) async throws -> Value {
    try body()
}

/// A thread for every job.
private final class ThreadExecutor: TaskExecutor {
    static let shared = ThreadExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        Thread { unowned.runSynchronously(on: self.asUnownedTaskExecutor()) }.start()
    }
}
