import KafkaProtocol
import LogStorage
import Testing

/// Appending, the high watermark, and reading over segments.
@Suite struct AppendReadTests {
    static func small(_ segmentBytes: Int = 2_000) -> LogConfig {
        var config = LogConfig()
        config.segmentBytes = segmentBytes
        config.indexIntervalBytes = 200
        return config
    }

    @Test func offsetsAreAssignedAndNothingIsVisibleBeforeTheSync() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        let first = try log.put(Batch.plain(3))
        #expect(first.baseOffset == 0 && first.lastOffset == 2 && !first.isDuplicate)
        #expect(first.logAppendTimeMilliseconds == -1)
        let second = try log.put(Batch.plain(2) + Batch.plain(4))
        #expect(second.baseOffset == 3 && second.lastOffset == 8)
        #expect(log.logEndOffset == 9 && log.highWatermark == 0)
        #expect(try log.records().isEmpty)
        #expect(try log.flush() == 9)
        #expect(try log.records().map(\.offset) == Array(0..<9))
        #expect(log.lastStableOffset == 9)
    }

    @Test func intervalPolicyShowsWhatIsWritten() throws {
        let fixture = LogFixture()
        let log = try fixture.log { $0.durability = .interval(milliseconds: 100) }
        try log.put(Batch.plain(2))
        #expect(log.highWatermark == 2)
        #expect(try log.records().count == 2)
    }

    @Test func storedBatchesDifferFromTheProducersInOffsetAndEpochAlone() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        var sent = Batch.plain(3, size: 100)
        try log.put(Batch.plain(5))
        try log.put(sent)
        try log.flush()
        let slice = try log.read(from: 5, maxBytes: 1 << 20, isolation: .readUncommitted, minimumOneBatch: true)
        sent.withUnsafeMutableBytes { RecordBatchHeader.assign(baseOffset: 5, leaderEpoch: 0, in: $0) }
        #expect(try slice.bytes() == sent)
    }

    @Test func everyOffsetIsFoundAcrossSegments() throws {
        let fixture = LogFixture()
        let log = try fixture.log(config: Self.small())
        for number in 0..<120 {
            try log.put(Batch.plain(1 + number % 4, size: 20 + number, tag: UInt8(number)))
        }
        try log.flush()
        #expect(log.segmentCount > 5)
        #expect(fixture.files(suffix: ".index").count == log.segmentCount - 1)
        for offset in 0..<log.logEndOffset {
            let bytes = try log.read(
                from: offset,
                maxBytes: 1,
                isolation: .readUncommitted,
                minimumOneBatch: true
            ).bytes()
            let header = try bytes.withUnsafeBytes { try RecordBatchHeader(validating: $0) }
            #expect(header.baseOffset <= offset && header.lastOffset >= offset)
            #expect(header.totalByteCount == bytes.count, "one batch")
        }
        let before = try log.records()
        #expect(before.map(\.offset) == Array(0..<log.logEndOffset))
        try log.close()
        #expect(throws: StorageError.closed) { try log.put(Batch.plain()) }
        #expect(try fixture.log(config: Self.small()).records() == before)
    }

    @Test func readingRespectsTheSizeAndGivesWholeBatches() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        let batch = Batch.plain(1, size: 500)
        for _ in 0..<10 { try log.put(batch) }
        try log.flush()
        func count(_ maxBytes: Int, _ minimum: Bool) throws -> Int {
            try log.read(from: 0, maxBytes: maxBytes, isolation: .readUncommitted, minimumOneBatch: minimum)
                .bytes().count / batch.count
        }
        #expect(try count(batch.count * 3 + 10, false) == 3)
        #expect(try count(batch.count - 1, false) == 0)
        #expect(try count(batch.count - 1, true) == 1)
        #expect(try count(0, true) == 1)
        #expect(try count(1 << 20, false) == 10)
    }

    @Test func offsetsOutsideAreRefused() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        try log.put(Batch.plain(4))
        try log.flush()
        try log.put(Batch.plain(4))
        for offset: Int64 in [-1, 9] {
            #expect(throws: StorageError.offsetOutOfRange(start: 0, end: 8)) {
                try log.read(from: offset, maxBytes: 10, isolation: .readUncommitted, minimumOneBatch: true)
            }
        }
        let atEnd = try log.read(from: 4, maxBytes: 10, isolation: .readUncommitted, minimumOneBatch: true)
        #expect(atEnd.maximumByteCount == 0 && atEnd.highWatermark == 4)
    }

    @Test func badBatchesAreRefusedWholeAndNothingIsWritten() throws {
        let fixture = LogFixture()
        var config = LogConfig()
        config.maxMessageBytes = 300
        let log = try fixture.log(config: config)
        let good = Batch.plain(2)
        var flipped = good
        flipped[flipped.count - 1] ^= 1
        var oldFormat = good
        oldFormat[16] = 1
        var miscounted = good
        miscounted[60] = 3
        let control = RecordBatchBuilder.marker(
            .commit,
            producerId: 1,
            producerEpoch: 0,
            coordinatorEpoch: 0,
            timestamp: 0
        )
        for bad in [[], flipped, oldFormat, miscounted, control, Array(good.dropLast()), Batch.plain(1, size: 400)] {
            #expect(throws: StorageError.self) { try log.put(bad) }
            #expect(throws: StorageError.self) { try log.put(good + bad + (bad.isEmpty ? [0] : [])) }
        }
        #expect(throws: StorageError.messageTooLarge(byteCount: 472, limit: 300)) {
            try log.put(Batch.plain(1, size: 400))
        }
        #expect(log.logEndOffset == 0 && log.byteCount == 0)
        try log.put(good)
        #expect(log.logEndOffset == 2)
    }

    @Test func appendTimeReplacesTheProducersTimestamps() throws {
        let fixture = LogFixture()
        var config = LogConfig()
        config.messageTimestampType = .logAppendTime
        let log = try fixture.log(config: config)
        let result = try log.put(Batch.plain(2, timestamp: 5), at: 777)
        try log.flush()
        #expect(result.logAppendTimeMilliseconds == 777)
        let bytes = try log.read(from: 0, maxBytes: 1_000, isolation: .readUncommitted, minimumOneBatch: true).bytes()
        try bytes.withUnsafeBytes { buffer in
            let header = try RecordBatchHeader(validating: buffer)
            #expect(header.usesLogAppendTime && header.maxTimestamp == 777)
            var records = try RecordIterator(batch: buffer)
            #expect(try records.next()?.timestamp == 777)
        }
    }

    @Test func timestampsAreFoundToTheRecord() throws {
        let fixture = LogFixture()
        let log = try fixture.log(config: Self.small())
        for number in 0..<100 { try log.put(Batch.plain(4, size: 50, timestamp: Int64(number) * 10)) }
        try log.flush()
        #expect(log.segmentCount > 5)
        for timestamp: Int64 in [-5, 0, 1, 3, 4, 10, 455, 502, 991, 993] {
            let block = max(0, timestamp) / 10
            let within = max(0, timestamp) % 10
            let expected = within <= 3 ? block * 4 + within : (block + 1) * 4
            let found = try log.offset(forTimestamp: timestamp, isolation: .readUncommitted)
            #expect(found?.offset == expected, "timestamp \(timestamp)")
        }
        #expect(try log.offset(forTimestamp: 994, isolation: .readUncommitted) == nil)
        let newest = try log.offsetOfMaximumTimestamp()
        #expect(newest?.offset == 399 && newest?.timestampMilliseconds == 993)
    }

    @Test func leaderEpochRisesWithEachOpeningAndEndsAreKnown() throws {
        let fixture = LogFixture()
        var ends: [Int64] = []
        for epoch: Int32 in 0..<4 {
            let log = try fixture.log()
            #expect(log.leaderEpoch == epoch)
            try log.put(Batch.plain(Int(epoch) + 1))
            ends.append(log.logEndOffset)
            for old in 0...epoch {
                let end = log.endOffset(forLeaderEpoch: old)
                #expect(end?.leaderEpoch == old && end?.endOffset == ends[Int(old)])
            }
            #expect(log.endOffset(forLeaderEpoch: epoch + 1) == nil)
            #expect(log.leaderEpoch(atOffset: 0) == 0)
            #expect(log.leaderEpoch(atOffset: log.logEndOffset - 1) == epoch)
            try log.close()
        }
    }
}
