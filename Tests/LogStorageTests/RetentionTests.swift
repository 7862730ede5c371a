import KafkaProtocol
import LogStorage
import Testing

/// Retention by time and size, deletion of records, aged segments.
@Suite struct RetentionTests {
    static let hour: Int64 = 3_600_000

    @Test func oldSegmentsGoByTime() throws {
        let fixture = LogFixture()
        var config = AppendReadTests.small(1_500)
        config.retentionMilliseconds = 10 * Self.hour
        let log = try fixture.log(config: config)
        for number in 0..<50 { try log.put(Batch.plain(1, size: 300, timestamp: Int64(number) * Self.hour)) }
        try log.flush()
        let before = log.byteCount
        try log.applyRetention(nowMilliseconds: 50 * Self.hour)
        #expect(log.logStartOffset > 30 && log.logStartOffset <= 40)
        #expect(log.byteCount < before / 3)
        #expect(fixture.files(suffix: ".log").count == log.segmentCount)
        #expect(fixture.files(suffix: ".index").count == log.segmentCount - 1)
        #expect(throws: StorageError.offsetOutOfRange(start: log.logStartOffset, end: 50)) {
            try log.read(from: 0, maxBytes: 1, isolation: .readUncommitted, minimumOneBatch: true)
        }
        #expect(try log.records().first?.offset == log.logStartOffset)
        let start = log.logStartOffset
        try log.close()
        #expect(try fixture.log(config: config).logStartOffset == start)
        // Everything is too old: an empty log that goes on where it was.
        let again = try fixture.log(config: config)
        try again.applyRetention(nowMilliseconds: 500 * Self.hour)
        #expect(again.logStartOffset == 50 && again.logEndOffset == 50)
        #expect(try again.put(Batch.plain()).baseOffset == 50)
        try again.close()
        #expect(try fixture.log(config: config).logStartOffset == 50)
    }

    @Test func oldSegmentsGoBySizeAndNeverAboveTheHighWatermark() throws {
        let fixture = LogFixture()
        var config = AppendReadTests.small(1_500)
        config.retentionMilliseconds = nil
        config.retentionBytes = 5_000
        let log = try fixture.log(config: config)
        for _ in 0..<50 { try log.put(Batch.plain(1, size: 300)) }
        try log.applyRetention(nowMilliseconds: Batch.start)
        #expect(log.logStartOffset == 0, "nothing is durable yet")
        try log.flush()
        try log.applyRetention(nowMilliseconds: Batch.start)
        #expect(log.byteCount >= 5_000 && log.byteCount < 7_000)
        #expect(try log.records().count == Int(50 - log.logStartOffset))
    }

    @Test func deletedRecordsStayDeleted() throws {
        let fixture = LogFixture()
        let config = AppendReadTests.small(1_500)
        let log = try fixture.log(config: config)
        for _ in 0..<50 { try log.put(Batch.plain(1, size: 300)) }
        try log.flush()
        #expect(throws: StorageError.offsetOutOfRange(start: 0, end: 50)) { try log.deleteRecords(before: 51) }
        #expect(try log.deleteRecords(before: 22) == 22)
        #expect(try log.deleteRecords(before: 5) == 22)
        #expect(try log.records().map(\.offset) == Array(22..<50))
        fixture.crashCopy(to: "copy")
        let copy = try fixture.log("copy", config: config)
        #expect(copy.logStartOffset == 22)
        #expect(try copy.deleteRecords(before: -1) == 50)
        #expect(try copy.records().isEmpty)
        #expect(copy.segmentCount == 1)
        #expect(try copy.offset(forTimestamp: 0, isolation: .readUncommitted) == nil)
    }

    @Test func segmentsAreSealedByAge() throws {
        let fixture = LogFixture()
        var config = LogConfig()
        config.segmentMilliseconds = Self.hour
        config.retentionMilliseconds = nil
        let log = try fixture.log(config: config)
        try log.put(Batch.plain(timestamp: 0))
        try log.put(Batch.plain(timestamp: Self.hour))
        #expect(log.segmentCount == 1)
        try log.put(Batch.plain(timestamp: Self.hour + 1))
        #expect(log.segmentCount == 2)
        try log.applyRetention(nowMilliseconds: 3 * Self.hour)
        #expect(log.segmentCount == 2, "the wall clock seals nothing")
        // The age of an append is that of its newest batch.
        let late = Batch.plain(timestamp: Self.hour + 2) + Batch.plain(timestamp: 3 * Self.hour)
        try log.put(late)
        #expect(log.segmentCount == 3)
        try log.flush()
        #expect(try log.records().count == 5)
    }

    @Test(arguments: [false, true])
    func recordsOfYearsAgoFillSegmentsLikeThoseOfToday(isTransactional: Bool) throws {
        let fixture = LogFixture()
        var config = LogConfig()
        config.retentionMilliseconds = nil
        config.segmentBytes = 100_000
        let log = try fixture.log(config: config)
        let now = Batch.start
        let tenYearsAgo = now - 87_660 * Self.hour
        // 200 quarters of an hour are less than `segment.ms`.
        for number in 0..<Int32(200) {
            let producer = isTransactional ? Batch.producer(1, sequence: number, transactional: true) : nil
            let timestamp = tenYearsAgo + Int64(number) * Self.hour / 4
            try log.put(Batch.plain(timestamp: timestamp, producer: producer), at: now + Int64(number))
            guard isTransactional else { continue }
            _ = try log.appendControl(
                marker: .commit,
                producerId: 1,
                producerEpoch: 0,
                coordinatorEpoch: 0,
                nowMilliseconds: now + Int64(number)
            )
        }
        try log.flush()
        #expect(log.segmentCount == 1)
        for pass in Int64(1)...10 { try log.applyRetention(nowMilliseconds: now + pass * Self.hour) }
        #expect(log.segmentCount == 1 && log.logStartOffset == 0)
        // Records of today among them begin one segment, not one for each change of times.
        for number in 0..<Int64(50) {
            try log.put(Batch.plain(timestamp: now + number))
            try log.put(Batch.plain(timestamp: tenYearsAgo + number))
        }
        #expect(log.segmentCount == 2)
        try log.flush()
        #expect(try log.records().count == 300)
    }

    @Test func idleProducersAreForgottenButNotTheirTransactions() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        try log.put(Batch.plain(producer: Batch.producer(1, sequence: 0)))
        try log.put(Batch.plain(producer: Batch.producer(2, sequence: 0, transactional: true)))
        try log.put(Batch.plain(producer: Batch.producer(3, sequence: 0)), at: Batch.start + 20 * Self.hour)
        try log.flush()
        log.config.retentionMilliseconds = nil
        try log.applyRetention(nowMilliseconds: Batch.start + 25 * Self.hour)
        #expect(log.latestProducers.map(\.producerId) == [2, 3])
    }
}
