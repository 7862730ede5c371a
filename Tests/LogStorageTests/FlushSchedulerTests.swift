import Glibc
import KafkaProtocol
import LogStorage
import Synchronization
import Testing

/// Group commit: everybody is answered once, after the sync that covers them, and syncs are shared.
@Suite struct FlushSchedulerTests {
    final class Count: Sendable {
        let syncs = Mutex(0)
        let answers = Mutex<[Int64: Int]>([:])
        let early = Mutex(0)
    }

    static func waitUntil(_ isDone: () -> Bool) {
        for _ in 0..<10_000 where !isDone() { usleep(1_000) }
    }

    @Test func appendersShareSyncs() async throws {
        let fixture = LogFixture()
        let count = Count()
        var faults = FileFaults()
        faults.beforeSync = { path in
            if path.hasSuffix(".log") {
                count.syncs.withLock { $0 += 1 }
                usleep(2_000)
            }
            return nil
        }
        let logs = try (0..<3).map { number in try fixture.log("log\(number)") { $0.faults = faults } }
        let scheduler = FlushScheduler(policy: .always, threadCount: 2)
        let each = 60
        try await withThrowingTaskGroup(of: Void.self) { group in
            for thread in 0..<6 {
                group.addTask {
                    let log = logs[thread % 3]
                    for _ in 0..<each {
                        let result = try log.put(Batch.plain(2, tag: UInt8(thread)))
                        let key = Int64(thread % 3) << 32 | result.baseOffset
                        scheduler.requestDurability(of: log, through: result.lastOffset) { outcome in
                            if log.highWatermark <= result.lastOffset { count.early.withLock { $0 += 1 } }
                            guard case .success = outcome else { return }
                            count.answers.withLock { $0[key, default: 0] += 1 }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        Self.waitUntil { count.answers.withLock { $0.count } == 6 * each }
        scheduler.shutdown()
        #expect(count.answers.withLock { $0.count } == 6 * each)
        #expect(count.answers.withLock { $0.values.allSatisfy { $0 == 1 } }, "nobody is answered twice")
        #expect(count.early.withLock { $0 } == 0, "nobody is answered before the sync")
        #expect(count.syncs.withLock { $0 } < 6 * each / 2, "syncs are shared")
        for log in logs { #expect(log.highWatermark == log.logEndOffset) }
    }

    @Test func everybodyHearsOfAFailedSync() throws {
        let fixture = LogFixture()
        var faults = FileFaults()
        faults.beforeSync = { path in path.hasSuffix(".log") ? EIO : nil }
        let log = try fixture.log { $0.faults = faults }
        let scheduler = FlushScheduler(policy: .always)
        let failures = Mutex(0)
        for _ in 0..<3 {
            guard let result = try? log.put(Batch.plain()) else { continue }
            scheduler.requestDurability(of: log, through: result.lastOffset) { outcome in
                if case .failure = outcome { failures.withLock { $0 += 1 } }
            }
        }
        scheduler.shutdown()
        #expect(failures.withLock { $0 } >= 1)
        #expect(log.highWatermark == 0)
        let refused = Mutex<StorageError?>(nil)
        scheduler.requestDurability(of: log, through: 0) { outcome in
            if case .failure(let error) = outcome { refused.withLock { $0 = error } }
        }
        #expect(refused.withLock { $0 } == .closed)
    }

    @Test func theIntervalPolicyAnswersAtOnceAndSyncsLater() throws {
        let fixture = LogFixture()
        let log = try fixture.log { $0.durability = .interval(milliseconds: 20) }
        let scheduler = FlushScheduler(policy: .interval(milliseconds: 20))
        let result = try log.put(Batch.plain())
        let isAnswered = Mutex(false)
        scheduler.requestDurability(of: log, through: result.lastOffset) { _ in isAnswered.withLock { $0 = true } }
        #expect(isAnswered.withLock { $0 })
        Self.waitUntil { !log.isDirty }
        #expect(!log.isDirty)
        try log.put(Batch.plain())
        scheduler.requestDurability(of: log, through: 1) { _ in }
        scheduler.shutdown()
        #expect(!log.isDirty, "the shutdown syncs what is left")
    }

    @Test func advancesAreAnnounced() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        let seen = Mutex<[Int64]>([])
        log.onAdvance { log in
            let stable = log.lastStableOffset
            seen.withLock { $0.append(stable) }
        }
        try log.put(Batch.plain(2, producer: Batch.producer(1, sequence: 0, transactional: true)))
        try log.flush()
        try log.end(.commit, 1)
        try log.flush()
        try log.flush()
        #expect(seen.withLock { $0 } == [0, 3])
    }
}
