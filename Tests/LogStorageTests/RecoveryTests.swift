import Glibc
import KafkaProtocol
import LogStorage
import Testing

/// What is left after a crash: everything that was acknowledged, and nothing torn.
@Suite struct RecoveryTests {
    @Test func aTornTailIsCutAtEveryByteOfTheLastBatch() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        for number in 0..<3 { try log.put(Batch.plain(2, tag: UInt8(number))) }
        let last = try log.put(Batch.plain(2, size: 30, tag: 9))
        let file = "/00000000000000000000.log"
        let whole = fixture.bytes("log" + file)
        let lastByteCount = Batch.plain(2, size: 30, tag: 9).count
        for kept in 0..<lastByteCount {
            fixture.crashCopy(to: "copy")
            fixture.write(Array(whole[..<(whole.count - lastByteCount + kept)]), to: "copy" + file)
            let copy = try fixture.log("copy")
            #expect(copy.logEndOffset == last.baseOffset && copy.highWatermark == last.baseOffset)
            #expect(copy.readOnlyReason == nil)
            #expect(fixture.bytes("copy" + file).count == whole.count - lastByteCount)
            #expect(try copy.records().map(\.offset) == Array(0..<6))
            try copy.put(Batch.plain(2, size: 30, tag: 9))
            try copy.flush()
            #expect(try copy.records().count == 8)
        }
        let cuts = fixture.events.filter { if case .cutTail = $0 { true } else { false } }
        #expect(cuts.count == lastByteCount - 1, "each cut is reported, but for the one between two batches")
    }

    @Test func aFlippedBitInTheUncheckedTailIsCut() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        for number in 0..<4 { try log.put(Batch.plain(1, tag: UInt8(number))) }
        let file = "/00000000000000000000.log"
        let whole = fixture.bytes("log" + file)
        let size = whole.count / 4
        for index in size * 2..<size * 3 {
            // The leader epoch is outside the checksum: it is the broker's own.
            if (12..<16).contains(index - size * 2) { continue }
            fixture.crashCopy(to: "copy")
            var bytes = whole
            bytes[index] ^= 0x10
            fixture.write(bytes, to: "copy" + file)
            let copy = try fixture.log("copy")
            // A higher base offset can't be told from a batch after a gap; a checksummed field always can.
            if index - size * 2 < 8, copy.logEndOffset != 2 { continue }
            #expect(copy.logEndOffset == 2, "byte \(index)")
        }
    }

    @Test func onlyTheTailBehindTheCheckpointIsScanned() throws {
        let fixture = LogFixture()
        let config = AppendReadTests.small(4_000)
        let log = try fixture.log(config: config)
        for number in 0..<200 {
            try log.put(Batch.plain(1, size: 100, tag: UInt8(number)))
            if number % 7 == 0 { try log.flush() }
        }
        try log.close()
        // A flipped bit in a sealed segment is not looked at when opening, and found by a check.
        let file = "log/" + fixture.files(suffix: ".log")[1]
        var bytes = fixture.bytes(file)
        bytes[bytes.count / 2] ^= 1
        fixture.write(bytes, to: file)
        let again = try fixture.log(config: config)
        #expect(again.readOnlyReason == nil && again.logEndOffset == 200)
        let damaged = try again.verify()
        #expect(damaged.count == 1 && again.damagedOffsets == damaged)
        #expect(again.readOnlyReason != nil)
    }

    @Test func damageInTheMiddleHurtsItsOffsetsAlone() throws {
        let fixture = LogFixture()
        let config = AppendReadTests.small(4_000)
        let log = try fixture.log(config: config)
        for number in 0..<200 { try log.put(Batch.plain(1, size: 100, tag: UInt8(number))) }
        try log.flush()
        let segments = fixture.files(suffix: ".log")
        let file = "log/" + segments[2]
        let base = try #require(Int64(segments[2].dropLast(4)))
        var bytes = fixture.bytes(file)
        let size = Batch.plain(1, size: 100).count
        // The length field of the segment's fourth batch.
        bytes[size * 3 + 8] ^= 0x40
        fixture.write(bytes, to: file)
        let hurt = base + 3
        var intact: Set<Int64> = []
        var refused: Set<Int64> = []
        for offset in 0..<200 as Range<Int64> {
            do throws(StorageError) {
                let slice = try log.read(from: offset, maxBytes: 1, isolation: .readUncommitted, minimumOneBatch: true)
                if try !slice.bytes().isEmpty { intact.insert(offset) }
            } catch {
                guard case .damaged(let first, let last, _) = error else { throw error }
                #expect((first...last).contains(hurt) && (first...last).contains(offset))
                refused.insert(offset)
            }
        }
        #expect(refused.contains(hurt) && refused.count <= 4, "at most up to the next index entry")
        #expect(intact.union(refused).count == 200)
        #expect(throws: StorageError.self) { try log.put(Batch.plain()) }
        #expect(log.damagedOffsets.count == 1)
        #expect(fixture.events.contains { if case .damaged = $0 { true } else { false } })
        // A reader that takes large slices stops before the damage and then meets it.
        #expect(throws: StorageError.self) { try log.records() }
        #expect(try log.records(from: (refused.max() ?? 0) + 1).count == 199 - Int(refused.max() ?? 0))
    }

    @Test func aMissingSegmentInTheMiddleIsReported() throws {
        let fixture = LogFixture()
        let config = AppendReadTests.small(4_000)
        let log = try fixture.log(config: config)
        for number in 0..<200 { try log.put(Batch.plain(1, size: 100, tag: UInt8(number))) }
        try log.close()
        let segments = fixture.files(suffix: ".log")
        let first = try #require(Int64(segments[2].dropLast(4)))
        let next = try #require(Int64(segments[3].dropLast(4)))
        fixture.remove("log/" + segments[2])
        let again = try fixture.log(config: config)
        #expect(again.damagedOffsets == [first...(next - 1)])
        #expect(again.readOnlyReason != nil)
        #expect(try again.records(from: next).count == 200 - Int(next))
        #expect(throws: StorageError.self) {
            try again.read(from: first, maxBytes: 1, isolation: .readUncommitted, minimumOneBatch: true)
        }
        #expect(throws: StorageError.self) { try again.put(Batch.plain()) }
    }

    @Test(arguments: ["checkpoint", ".index", ".log"])
    func aShortenedOrMissingFileIsRebuiltOrReported(kind: String) throws {
        let fixture = LogFixture()
        let config = AppendReadTests.small(4_000)
        let log = try fixture.log(config: config)
        for number: Int32 in 0..<200 {
            try log.put(Batch.plain(1, size: 100, producer: Batch.producer(5, sequence: number, transactional: true)))
            if number % 10 == 9 { try log.end(number % 20 == 9 ? .abort : .commit, 5) }
        }
        try log.flush()
        let committed = try log.records(isolation: .readCommitted)
        let producers = log.latestProducers
        try log.close()
        for name in fixture.files(suffix: kind).dropLast(kind == ".log" ? 1 : 0) {
            for keepsHalf in [true, false] {
                fixture.crashCopy(to: "copy")
                let bytes = fixture.bytes("copy/" + name)
                if keepsHalf {
                    fixture.write(Array(bytes[..<(bytes.count / 2)]), to: "copy/" + name)
                } else {
                    fixture.remove("copy/" + name)
                }
                let copy = try fixture.log("copy", config: config)
                #expect(copy.logEndOffset == 220)
                if kind == ".log" {
                    let isFirst = name.hasSuffix("00000.log")
                    #expect((copy.readOnlyReason != nil) == (keepsHalf || !isFirst), "\(name)")
                } else {
                    #expect(copy.readOnlyReason == nil)
                    #expect(try copy.records(isolation: .readCommitted) == committed)
                    #expect(copy.latestProducers == producers)
                }
            }
        }
    }

    /// Random operations, then a crash that takes some of the bytes that were not synced: what is left is a prefix of
    /// what was written, with everything durable in it, and the state of producers fits it.
    @Test(arguments: 0..<15)
    func aCrashLeavesAPrefixWithEverythingDurable(seed: Int) throws {
        var generator = Generator(seed)
        let fixture = LogFixture()
        let config = AppendReadTests.small(3_000)
        var log = try fixture.log(config: config)
        var written: [Seen] = []
        var sequences: [Int64: Int32] = [:]
        for round in 0..<4 {
            for _ in 0..<Int.random(in: 5...60, using: &generator) {
                let count = Int.random(in: 1...4, using: &generator)
                let id = Int64.random(in: 1...3, using: &generator)
                let tag = UInt8.random(in: 0...255, using: &generator)
                let sequence = sequences[id, default: 0]
                let producer = Batch.producer(id, sequence: sequence)
                let batch = Batch.plain(count, size: Int(tag), tag: tag, producer: producer)
                let result = try log.put(batch)
                sequences[id] = sequence + Int32(count)
                for number in 0..<count {
                    written.append(
                        Seen(
                            offset: result.baseOffset + Int64(number),
                            key: [tag, UInt8(number)],
                            value: [UInt8](repeating: tag, count: Int(tag))
                        )
                    )
                }
                if Int.random(in: 0..<6, using: &generator) == 0 { try log.flush() }
            }
            let durable = log.highWatermark
            let durableBytes = try log.records().count
            #expect(Int64(durableBytes) == durable)
            fixture.crashCopy(round % 2 == 0 ? "log" : "copy", to: round % 2 == 0 ? "copy" : "log")
            let name = round % 2 == 0 ? "copy" : "log"
            try fixture.tear(name, durable: durable, log: log, using: &generator)
            log = try fixture.log(name, config: config)
            #expect(log.logEndOffset >= durable && log.logEndOffset <= Int64(written.count))
            #expect(log.readOnlyReason == nil)
            written = Array(written[..<Int(log.logEndOffset)])
            #expect(try log.records() == written)
            sequences = [:]
            for producer in log.latestProducers { sequences[producer.producerId] = producer.lastSequence + 1 }
            let counted = log.latestProducers.reduce(0) { $0 + Int($1.lastSequence) + 1 }
            #expect(counted == written.count, "the producers' sequences add up to the records")
        }
    }
}

extension LogFixture {
    /// Takes a random part of the bytes behind `durable` away from the copy's last segment, or zeroes it.
    func tear(_ name: String, durable: Int64, log: PartitionLog, using generator: inout Generator) throws {
        guard let last = files(name, suffix: ".log").last, let base = Int64(last.dropLast(4)) else { return }
        var bytes = self.bytes(name + "/" + last)
        var synced = 0
        bytes.withUnsafeBytes { buffer in
            while synced < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[synced...])
                guard let header = try? RecordBatchHeader(parsing: rest), header.baseOffset < durable else { return }
                synced += header.totalByteCount
            }
        }
        guard synced < bytes.count, base <= log.logEndOffset else { return }
        let cut = Int.random(in: synced...bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0: bytes.removeLast(bytes.count - cut)
        case 1: for index in cut..<bytes.count { bytes[index] = 0 }
        default: for index in cut..<bytes.count { bytes[index] = UInt8.random(in: 0...255, using: &generator) }
        }
        write(bytes, to: name + "/" + last)
    }
}

/// Bytes that go while the log is open.
@Suite struct ShrunkFileTests {
    @Test(arguments: [1, 30, 75, 100])
    func aFileCutUnderAnOpenLogIsMetAsDamage(lost: Int) throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        for number in 0..<5 { try log.put(Batch.plain(1, tag: UInt8(number))) }
        try log.flush()
        let file = "log/00000000000000000000.log"
        #expect(truncate(fixture.path + "/" + file, fixture.bytes(file).count - lost) == 0)
        var served: Int64 = 0
        #expect(throws: StorageError.self) {
            while served < 5 {
                let bytes = try log.read(from: served, maxBytes: 1, isolation: .readCommitted, minimumOneBatch: true)
                    .bytes()
                #expect(!bytes.isEmpty, "no answer without bytes below the high watermark")
                if bytes.isEmpty { return }
                served += 1
            }
        }
        #expect(served == (lost < 80 ? 4 : 3))
        #expect(log.damagedOffsets == [served...4])
        #expect(throws: StorageError.self) { try log.put(Batch.plain()) }
    }
}
