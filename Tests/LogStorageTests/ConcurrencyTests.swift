import KafkaProtocol
import LogStorage
import Synchronization
import Testing

/// Appenders, readers, the flusher, retention and compaction at the same time.
@Suite struct ConcurrencyTests {
    /// Says when the writers are done.
    private final class Flag: Sendable {
        private let state = Mutex(false)

        var isRaised: Bool { state.withLock { $0 } }

        func raise() {
            state.withLock { $0 = true }
        }
    }

    @Test func readersSeeEachRecordOnceAndInOrderWhileSegmentsComeAndGo() async throws {
        let fixture = LogFixture()
        var config = AppendReadTests.small(4_000)
        config.retentionBytes = 60_000
        let log = try fixture.log(config: config) { $0.openFileLimit = 3 }
        let scheduler = FlushScheduler(policy: .always, threadCount: 2)
        let flag = Flag()
        let appends = 400
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<appends {
                    let result = try log.put(Batch.plain(3, size: 60, tag: UInt8(truncatingIfNeeded: number)))
                    scheduler.requestDurability(of: log, through: result.lastOffset) { _ in }
                    if number % 20 == 0 {
                        try log.applyRetention(nowMilliseconds: Batch.start)
                        await Task.yield()
                    }
                }
                try log.flush()
                flag.raise()
            }
            for isolation in [IsolationLevel.readCommitted, .readUncommitted] {
                group.addTask { try await Self.follow(log, isolation) { flag.isRaised } }
            }
            try await group.waitForAll()
        }
        scheduler.shutdown()
        try log.applyRetention(nowMilliseconds: Batch.start)
        #expect(log.logEndOffset == Int64(appends) * 3 && log.highWatermark == log.logEndOffset)
        #expect(log.byteCount < 70_000)
        let rest = try log.records()
        #expect(rest.map(\.offset) == Array(log.logStartOffset..<log.logEndOffset))
        try log.close()
        #expect(try fixture.log(config: config).records() == rest)
    }

    /// Reads to the end as a consumer does; a consumer that retention has overtaken goes on at the log start.
    private static func follow(
        _ log: PartitionLog,
        _ isolation: IsolationLevel,
        isOver: @Sendable () -> Bool
    ) async throws {
        var next: Int64 = 0
        while true {
            let wasOver = isOver()
            let bytes: [UInt8]
            do throws(StorageError) {
                bytes = try log.read(from: next, maxBytes: 3_000, isolation: isolation, minimumOneBatch: true).bytes()
            } catch {
                guard case .offsetOutOfRange(let start, _) = error else { throw error }
                #expect(start > next)
                next = start
                continue
            }
            if bytes.isEmpty {
                if wasOver { break }
                await Task.yield()
                continue
            }
            var start = 0
            try bytes.withUnsafeBytes { buffer in
                while start < buffer.count {
                    let batch = UnsafeRawBufferPointer(rebasing: buffer[start...])
                    let header = try RecordBatchHeader(validating: batch)
                    #expect(header.baseOffset == next)
                    next = header.nextOffset
                    start += header.totalByteCount
                }
            }
        }
        #expect(next == log.logEndOffset)
    }

    @Test func compactionUnderWritesKeepsTheTable() async throws {
        let fixture = LogFixture()
        let log = try fixture.log(config: CompactionTests.config())
        let flag = Flag()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<600 {
                    try log.put(Batch.keyed("key\(number % 9)", "value\(number)"))
                    if number % 7 == 0 { try log.flush() }
                    if number % 50 == 0 { await Task.yield() }
                }
                flag.raise()
            }
            group.addTask {
                while !flag.isRaised {
                    try log.compact(nowMilliseconds: 0, force: true)
                    await Task.yield()
                }
            }
            group.addTask {
                while !flag.isRaised {
                    let offsets = try log.records().map(\.offset)
                    #expect(offsets == offsets.sorted() && Set(offsets).count == offsets.count)
                    await Task.yield()
                }
            }
            try await group.waitForAll()
        }
        try log.compact(nowMilliseconds: 0, force: true)
        let expected = (591..<600).map { ("key\($0 % 9)", "value\($0)") }
        #expect(CompactionTests.table(try log.records()) == Dictionary(uniqueKeysWithValues: expected))
        #expect(log.readOnlyReason == nil && log.damagedOffsets.isEmpty)
        try log.close()
        #expect(try fixture.log(config: CompactionTests.config()).records().count == 9)
    }
}
