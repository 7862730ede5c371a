import KafkaProtocol
import LogStorage
import Testing

/// Compaction keeps the latest record of each key where it was, and forgets the rest.
@Suite struct CompactionTests {
    static func config() -> LogConfig {
        var config = AppendReadTests.small(1_024)
        config.cleanupPolicy = .compact
        config.deleteRetentionMilliseconds = 1_000
        return config
    }

    static func text(_ bytes: [UInt8]?) -> String? {
        bytes.map { String(decoding: $0, as: UTF8.self) }
    }

    /// The table that a consumer builds.
    static func table(_ records: [Seen]) -> [String: String] {
        var table: [String: String] = [:]
        for record in records {
            if let key = text(record.key) { table[key] = text(record.value) }
        }
        return table
    }

    @Test func onlyTheLatestOfEachKeyStays() throws {
        let fixture = LogFixture()
        let log = try fixture.log(config: Self.config())
        for number in 0..<200 { try log.put(Batch.keyed("key\(number % 7)", "value\(number)")) }
        try log.flush()
        let before = try log.records()
        let segments = log.segmentCount
        #expect(try log.compact(nowMilliseconds: 0))
        let after = try log.records()
        #expect(Self.table(after) == Self.table(before))
        #expect(after.count < 30 && log.segmentCount <= segments)
        #expect(after.allSatisfy { before[Int($0.offset)] == $0 }, "what stays keeps its offset and content")
        #expect(log.logStartOffset == 0 && log.logEndOffset == 200)
        #expect(try log.compact(nowMilliseconds: 0) == false, "nothing has changed since")
        // Reading from a removed offset goes on with the next that is there.
        for offset in 0..<200 as Range<Int64> {
            #expect(try log.records(from: offset).first?.offset == after.first { $0.offset >= offset }?.offset)
        }
        fixture.crashCopy(to: "copy")
        let copy = try fixture.log("copy", config: Self.config())
        #expect(try copy.records() == after)
        #expect(copy.readOnlyReason == nil)
        #expect(try log.compact(nowMilliseconds: 0, force: true))
        #expect(try log.records().count == 7)
        #expect(try log.put(Batch.keyed("a", "b")).baseOffset == 200)
    }

    @Test func keysAreRequired() throws {
        let fixture = LogFixture()
        let log = try fixture.log(config: Self.config())
        var builder = RecordBatchBuilder(baseTimestamp: 0)
        builder.append(key: [1], value: [1])
        builder.append(key: nil, value: [1])
        let batch = builder.build()
        #expect(throws: StorageError.self) { try log.put(batch) }
        #expect(log.logEndOffset == 0)
    }

    @Test func tombstonesGoAfterTheirTime() throws {
        let fixture = LogFixture()
        let log = try fixture.log(config: Self.config())
        try log.put(Batch.keyed("a", "1"))
        try log.put(Batch.keyed("b", "1"))
        try log.put(Batch.keyed("a", nil, timestamp: 5_000))
        #expect(try log.compact(nowMilliseconds: 10_000, force: true))
        #expect(try log.records().map(\.offset) == [1, 2], "the tombstone stays for consumers to see")
        let found = try log.records().last
        #expect(found?.value == nil && Self.text(found?.key) == "a")
        try log.put(Batch.keyed("c", "1"))
        #expect(try log.compact(nowMilliseconds: 10_999, force: true))
        #expect(try log.records().map(\.offset) == [1, 2, 3])
        try log.put(Batch.keyed("d", "1"))
        #expect(try log.compact(nowMilliseconds: 11_000, force: true))
        #expect(try log.records().map(\.offset) == [1, 3, 4])
        #expect(try log.offset(forTimestamp: 0, isolation: .readUncommitted)?.offset == 1)
    }

    @Test func openTransactionsAreLeftAloneAndAbortedOnesDropped() throws {
        let fixture = LogFixture()
        let log = try fixture.log(config: Self.config())
        func put(_ key: String, _ value: String, _ id: Int64, _ sequence: Int32) throws {
            let producer = Batch.producer(id, sequence: sequence, transactional: true)
            var builder = RecordBatchBuilder(baseTimestamp: Batch.start, producer: producer)
            builder.append(key: Array(key.utf8), value: Array(value.utf8))
            try log.put(builder.build())
        }
        try put("a", "committed", 1, 0)  // 0
        try log.end(.commit, 1)  // 1
        try put("a", "aborted", 2, 0)  // 2
        try put("b", "committed", 1, 1)  // 3
        try log.end(.abort, 2)  // 4
        try log.end(.commit, 1)  // 5
        try put("a", "open", 3, 0)  // 6
        try log.put(Batch.keyed("b", "later"))  // 7
        try log.flush()
        #expect(
            try log.compact(nowMilliseconds: 0, force: true) == false,
            "the open transaction is in the same segment"
        )
        try log.end(.commit, 3)  // 8
        try log.flush()
        #expect(try log.compact(nowMilliseconds: 0, force: true))
        let committed = try log.records(isolation: .readCommitted)
        #expect(committed.map(\.offset) == [6, 7])
        #expect(try log.records().map(\.offset) == [6, 7], "nothing aborted is left even for those who'd read it")
        #expect(log.latestProducers.map(\.producerId) == [1, 2, 3])
        fixture.crashCopy(to: "copy")
        fixture.remove("copy/checkpoint")
        let copy = try fixture.log("copy", config: Self.config())
        #expect(try copy.records(isolation: .readCommitted) == committed)
        #expect(copy.lastStableOffset == 9 && copy.openTransactions.isEmpty)
        let known = copy.latestProducers
        #expect(known.map(\.producerId) == [1, 2, 3])
        #expect(known.map(\.lastSequence) == [1, 0, 0], "the last sequences survive even a lost checkpoint")
    }

    @Test func compressedBatchesThatCantBeOpenedStayWhole() throws {
        let fixture = LogFixture()
        let log = try fixture.log(config: Self.config())
        var batch = Batch.keyed("a", "1")
        batch.withUnsafeMutableBytes { buffer in
            buffer[22] = 3
            let covered = UnsafeRawBufferPointer(rebasing: buffer[RecordBatchHeader.checksumStart...])
            let crc = CRC32C.checksum(covered).bigEndian
            buffer.storeBytes(of: crc, toByteOffset: 17, as: UInt32.self)
        }
        try log.put(batch)
        try log.put(batch)
        try log.put(Batch.keyed("a", "2"))
        let before = log.byteCount
        #expect(try log.compact(nowMilliseconds: 0, force: true))
        #expect(log.byteCount == before)
        #expect(try log.offset(forTimestamp: 0, isolation: .readUncommitted)?.offset == 0)
    }

    /// A crash between putting the merged segment in place and removing the ones it was made from.
    @Test func leftoversOfAnInterruptedMergeAreRemoved() throws {
        let fixture = LogFixture()
        let log = try fixture.log(config: Self.config())
        for number in 0..<60 { try log.put(Batch.keyed("key\(number)", "value\(number)")) }
        try log.flush()
        for number in 0..<30 { try log.put(Batch.keyed("key\(number)", "again")) }
        #expect(try log.compact(nowMilliseconds: 0, force: true))
        try log.flush()
        fixture.crashCopy(to: "before")
        let segments = log.segmentCount
        try log.put(Batch.keyed("key59", "last"))
        #expect(try log.compact(nowMilliseconds: 0, force: true))
        #expect(log.segmentCount < segments, "small segments are merged")
        let expected = try log.records()
        try log.close()
        let kept = Set(fixture.files(suffix: ".log"))
        for name in fixture.files("before", suffix: ".log") where !kept.contains(name) {
            fixture.write(fixture.bytes("before/" + name), to: "log/" + name)
        }
        let again = try fixture.log(config: Self.config())
        #expect(again.readOnlyReason == nil)
        #expect(try again.records() == expected)
        #expect(Set(fixture.files(suffix: ".log")) == kept)
    }

    /// Random writes, deletions, transactions and compactions: the table that a consumer builds is that of the writes.
    @Test(arguments: 0..<12)
    func theTableIsThatOfTheWrites(seed: Int) throws {
        var generator = Generator(seed)
        let fixture = LogFixture()
        var log = try fixture.log(config: Self.config())
        var table: [String: String] = [:]
        var sequences: [Int64: Int32] = [:]
        var pending: [Int64: [(String, String?)]] = [:]
        var now: Int64 = 0
        for step in 0..<300 {
            now += 100
            let key = "k\(Int.random(in: 0..<12, using: &generator))"
            let value = Int.random(in: 0..<4, using: &generator) == 0 ? nil : "v\(step)"
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<9:
                try log.put(Batch.keyed(key, value, timestamp: now), at: now)
                // An open transaction may write the key after, so the table follows offsets: see below.
                table[key] = value
                for id in pending.keys { pending[id]?.removeAll { $0.0 == key } }
            case 9..<14:
                let id = Int64.random(in: 1...2, using: &generator)
                if pending[3 - id]?.contains(where: { $0.0 == key }) == true { continue }
                let producer = Batch.producer(id, sequence: sequences[id, default: 0], transactional: true)
                var builder = RecordBatchBuilder(baseTimestamp: now, producer: producer)
                builder.append(key: Array(key.utf8), value: value.map { Array($0.utf8) })
                try log.put(builder.build(), at: now)
                sequences[id, default: 0] += 1
                pending[id, default: []].append((key, value))
            case 14..<17:
                guard let id = pending.keys.sorted().first else { continue }
                let commits = Bool.random(using: &generator)
                try log.end(commits ? .commit : .abort, id)
                for (key, value) in pending[id] ?? [] where commits { table[key] = value }
                pending[id] = nil
            case 17: try log.flush()
            case 18: try log.compact(nowMilliseconds: now, force: Bool.random(using: &generator))
            default:
                try log.close()
                log = try fixture.log(config: Self.config())
            }
        }
        for id in pending.keys.sorted() { try log.end(.abort, id) }
        try log.flush()
        #expect(Self.table(try log.records(isolation: .readCommitted)) == table)
        try log.compact(nowMilliseconds: now, force: true)
        #expect(Self.table(try log.records(isolation: .readCommitted)) == table)
        try log.put(Batch.keyed("end", nil))
        try log.compact(nowMilliseconds: now + 5_000, force: true)
        #expect(Self.table(try log.records(isolation: .readCommitted)) == table)
        fixture.crashCopy(to: "copy")
        for name in fixture.files("copy", suffix: ".index") + ["checkpoint"] {
            fixture.remove("copy/" + name)
        }
        let copy = try fixture.log("copy", config: Self.config())
        #expect(try copy.records(isolation: .readCommitted) == log.records(isolation: .readCommitted))
        #expect(copy.latestProducers.map(\.lastSequence) == log.latestProducers.map(\.lastSequence))
    }
}
