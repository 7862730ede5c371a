import KafkaProtocol
import LogStorage
import Testing

/// Idempotence and transactions: Kafka's rules for what a producer may append and what a consumer may see.
@Suite struct ProducerTests {
    @Test func theLastFiveBatchesAreRecognised() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        var sent: [[UInt8]] = []
        for number: Int32 in 0..<7 {
            sent.append(Batch.plain(2, tag: UInt8(number), producer: Batch.producer(1, sequence: number * 2)))
            #expect(try log.put(sent[Int(number)]).baseOffset == Int64(number) * 2)
        }
        for number in 2..<7 {
            let again = try log.put(sent[number])
            #expect(again.isDuplicate && again.baseOffset == Int64(number) * 2)
            #expect(again.lastOffset == Int64(number) * 2 + 1)
        }
        #expect(throws: StorageError.outOfOrderSequence(producerId: 1, expected: 14, found: 2)) { try log.put(sent[1]) }
        #expect(throws: StorageError.outOfOrderSequence(producerId: 1, expected: 14, found: 15)) {
            try log.put(Batch.plain(producer: Batch.producer(1, sequence: 15)))
        }
        #expect(log.logEndOffset == 14)
        #expect(try log.put(Batch.plain(producer: Batch.producer(1, sequence: 14))).baseOffset == 14)
    }

    @Test func unknownProducersMayBeginAnywhereAndEpochsBeginAtZero() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        try log.put(Batch.plain(producer: Batch.producer(1, epoch: 3, sequence: 100)))
        #expect(throws: StorageError.invalidProducerEpoch(producerId: 1, current: 3, found: 2)) {
            try log.put(Batch.plain(producer: Batch.producer(1, epoch: 2, sequence: 101)))
        }
        #expect(throws: StorageError.outOfOrderSequence(producerId: 1, expected: 0, found: 101)) {
            try log.put(Batch.plain(producer: Batch.producer(1, epoch: 4, sequence: 101)))
        }
        try log.put(Batch.plain(producer: Batch.producer(1, epoch: 4, sequence: 0)))
        try log.put(Batch.plain(producer: Batch.producer(2, sequence: .max)))
        try log.put(Batch.plain(producer: Batch.producer(2, sequence: 0)))
        let known = log.latestProducers
        #expect(known.map(\.producerId) == [1, 2])
        #expect(known.map(\.producerEpoch) == [4, 0])
        #expect(known.map(\.lastSequence) == [0, 0])
        #expect(known.map(\.currentTransactionStartOffset) == [-1, -1])
    }

    @Test func severalBatchesOfOneAppendAreCheckedTogether() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        let first = Batch.plain(3, producer: Batch.producer(1, sequence: 0))
        let second = Batch.plain(3, producer: Batch.producer(1, sequence: 3))
        let gap = Batch.plain(3, producer: Batch.producer(1, sequence: 9))
        #expect(throws: StorageError.self) { try log.put(first + gap) }
        #expect(log.logEndOffset == 0)
        #expect(try log.put(first + second).lastOffset == 5)
        #expect(try log.put(second).isDuplicate)
    }

    @Test func theLastStableOffsetWaitsForTheOldestTransaction() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        try log.put(Batch.plain())  // 0
        try log.put(Batch.plain(2, tag: 1, producer: Batch.producer(1, sequence: 0, transactional: true)))  // 1, 2
        try log.put(Batch.plain(2, tag: 2, producer: Batch.producer(2, sequence: 0, transactional: true)))  // 3, 4
        try log.put(Batch.plain(1, tag: 3))  // 5
        try log.put(Batch.plain(1, tag: 1, producer: Batch.producer(1, sequence: 2, transactional: true)))  // 6
        try log.flush()
        #expect(log.highWatermark == 7 && log.lastStableOffset == 1)
        #expect(log.openTransactions.map(\.producerId) == [1, 2])
        #expect(log.openTransaction(producerId: 2)?.firstOffset == 3)
        #expect(try log.records(isolation: .readCommitted).map(\.offset) == [0])
        #expect(throws: StorageError.invalidTransactionState(producerId: 1)) {
            try log.put(Batch.plain(producer: Batch.producer(1, sequence: 3)))
        }
        try log.end(.abort, 1)  // 7
        #expect(log.lastStableOffset == 1, "the marker is not durable yet")
        try log.flush()
        #expect(log.lastStableOffset == 3)
        try log.end(.commit, 2)  // 8
        try log.flush()
        #expect(log.lastStableOffset == 9 && log.openTransactions.isEmpty)
        #expect(try log.records(isolation: .readCommitted).map(\.offset) == [0, 3, 4, 5])
        #expect(try log.records().map(\.offset) == [0, 1, 2, 3, 4, 5, 6])
        let slice = try log.read(from: 0, maxBytes: 9_999, isolation: .readCommitted, minimumOneBatch: true)
        #expect(slice.abortedTransactions.map(\.producerId) == [1])
        #expect(slice.abortedTransactions.map(\.firstOffset) == [1])
        #expect(slice.lastStableOffset == 9)
        let later = try log.read(from: 8, maxBytes: 9_999, isolation: .readCommitted, minimumOneBatch: true)
        #expect(later.abortedTransactions.isEmpty)
    }

    @Test func markersFenceOlderEpochsAndCoordinators() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        try log.put(Batch.plain(producer: Batch.producer(1, epoch: 5, sequence: 0, transactional: true)))
        #expect(throws: StorageError.invalidProducerEpoch(producerId: 1, current: 5, found: 4)) {
            try log.end(.commit, 1, epoch: 4)
        }
        // The coordinator raises the epoch to abort for a producer that has gone.
        try log.end(.abort, 1, epoch: 6, coordinatorEpoch: 9)
        #expect(throws: StorageError.invalidProducerEpoch(producerId: 1, current: 6, found: 5)) {
            try log.put(Batch.plain(producer: Batch.producer(1, epoch: 5, sequence: 1, transactional: true)))
        }
        #expect(throws: StorageError.coordinatorFenced(producerId: 1, current: 9, found: 8)) {
            try log.end(.commit, 1, epoch: 6, coordinatorEpoch: 8)
        }
        #expect(throws: StorageError.outOfOrderSequence(producerId: 1, expected: 0, found: 4)) {
            try log.put(Batch.plain(producer: Batch.producer(1, epoch: 6, sequence: 4, transactional: true)))
        }
        try log.put(Batch.plain(producer: Batch.producer(1, epoch: 6, sequence: 0, transactional: true)))
        // A marker without a transaction only carries the epoch.
        try log.end(.commit, 77, epoch: 2)
        try log.end(.commit, 1, epoch: 6, coordinatorEpoch: 9)
        try log.flush()
        #expect(log.lastStableOffset == log.logEndOffset)
        #expect(log.latestProducers.map(\.producerEpoch) == [6, 2])
        #expect(log.latestProducers.map(\.coordinatorEpoch) == [9, 1])
    }

    @Test func sequencesGoOnAfterAMarkerOfTheSameEpoch() throws {
        let fixture = LogFixture()
        let log = try fixture.log()
        try log.put(Batch.plain(2, producer: Batch.producer(1, sequence: 0, transactional: true)))
        try log.end(.commit, 1)
        let next = Batch.plain(2, producer: Batch.producer(1, sequence: 2, transactional: true))
        #expect(try log.put(next).baseOffset == 3)
        #expect(try log.put(next).isDuplicate)
    }

    @Test(arguments: [true, false])
    func producersAndTransactionsSurviveReopening(cleanly: Bool) throws {
        let fixture = LogFixture()
        let config = AppendReadTests.small()
        let log = try fixture.log(config: config)
        for number: Int32 in 0..<40 {
            try log.put(Batch.plain(2, size: 90, producer: Batch.producer(1, sequence: number * 2)))
            let transactional = Batch.producer(2, sequence: number, transactional: true)
            try log.put(Batch.plain(1, size: 90, producer: transactional))
            if number % 4 == 3, number != 39 { try log.end(number % 8 == 3 ? .abort : .commit, 2) }
            if number % 5 == 0 { try log.flush() }
        }
        try log.put(Batch.plain(1, producer: Batch.producer(3, epoch: 1, sequence: 0, transactional: true)))
        try log.flush()
        let committed = try log.records(isolation: .readCommitted)
        let producers = log.latestProducers
        let open = log.openTransactions
        #expect(open.count == 2 && log.segmentCount > 4)
        if cleanly { try log.close() } else { fixture.crashCopy(to: "copy") }
        let again = try fixture.log(cleanly ? "log" : "copy", config: config)
        #expect(again.latestProducers == producers)
        #expect(again.openTransactions == open)
        #expect(again.lastStableOffset == log.lastStableOffset)
        #expect(try again.records(isolation: .readCommitted) == committed)
        let repeated = Batch.plain(2, size: 90, producer: Batch.producer(1, sequence: 78))
        #expect(try again.put(repeated).isDuplicate)
        try again.end(.abort, 2)
        try again.end(.commit, 3, epoch: 1)
        try again.flush()
        #expect(again.lastStableOffset == again.logEndOffset)
        #expect(again.openTransactions.isEmpty)
    }
}
