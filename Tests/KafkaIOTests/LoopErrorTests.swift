import KafkaIO
import SimulationKit
import StreamCore
import StreamRuntime
import Synchronization
import Testing

/// The real loop on Kafka's log, with errors of the broker injected into its transactions: it reacts as the table says, and its
/// outputs are there once.
@Suite("Errors in the loop's transactions", .ownThread, .timeLimit(.minutes(3)))
struct LoopErrorTests {
    private final class World: Sendable {
        let events = Mutex<[StreamEvent]>([])
        let pauses = Mutex<[Int64]>([])
    }

    private let cluster: KafkaMockCluster
    private let memory = RememberingLog.Memory()
    private let world = World()
    private let input = TopicPartition(LedgerProcessor.inputTopic, 0)

    init() throws {
        cluster = try KafkaMockCluster(brokerCount: 1)
        cluster.createTopic(LedgerProcessor.inputTopic, partitions: 1)
        cluster.createTopic(LedgerProcessor.outputTopics[0], partitions: 1)
    }

    private func loop(
        consecutiveRecoveries: Int = 12,
        consecutiveRejoins: Int = 8,
        instance: String? = nil
    ) throws -> StreamLoop<LedgerProcessor, RememberingLog> {
        let settings = KafkaSettings(
            brokers: [cluster.brokers],
            clientID: "loop",
            // The mock cluster waits for a member that doesn't come back.
            consumerProperties: ["session.timeout.ms": "6000", "heartbeat.interval.ms": "500"]
        )
        let options = KafkaLog.Options(
            groupID: "ledger",
            transactionalID: "ledger-0",
            groupInstanceID: instance,
            transactionTimeoutMilliseconds: 10_000,
            requestTimeoutMilliseconds: 5_000
        )
        var limits = StreamLimits()
        limits.snapshots = nil
        limits.commitIntervalMilliseconds = 20
        limits.pollTimeoutMilliseconds = 20
        limits.consecutiveRecoveries = consecutiveRecoveries
        limits.consecutiveRejoins = consecutiveRejoins
        let world = world
        return StreamLoop(
            log: RememberingLog(try KafkaLog(settings: settings, options: options), memory),
            configuration: LedgerProcessor.Configuration(),
            options: StreamOptions(
                groupID: "ledger",
                outputs: [Effects.Output(topic: LedgerProcessor.outputTopics[0], partitionCount: 1)],
                limits: limits
            ),
            environment: StreamEnvironment(
                nowNanoseconds: { MonotonicClock.nanoseconds() },
                pause: { milliseconds in world.pauses.withLock { $0.append(milliseconds) } },
                isStopRequested: { false },
                report: { event in world.events.withLock { $0.append(event) } }
            )
        )
    }

    private func append(_ ids: ClosedRange<UInt64>) throws {
        let producer = try KafkaProducer(settings: KafkaSettings(brokers: [cluster.brokers], clientID: "append"))
        for id in ids {
            let record = LedgerProcessor.Entry(key: "k", id: id, amount: 1).record
            try producer.enqueue(
                KafkaRecord(
                    topic: input.topic,
                    partition: 0,
                    key: record.key,
                    value: record.value,
                    timestampMilliseconds: Int64(id)
                )
            )
        }
        #expect(producer.flush(timeoutMilliseconds: 10_000))
        producer.close(timeoutMilliseconds: 1_000)
    }

    /// Steps until so many input records are committed; at most half a minute.
    private func run(
        _ loop: inout StreamLoop<LedgerProcessor, RememberingLog>,
        untilCommitted offset: Int64
    ) throws(StreamFailure) {
        let end = MonotonicClock.nanoseconds() + 30_000_000_000
        while (memory.offset(input) ?? 0) < offset, MonotonicClock.nanoseconds() < end { _ = try loop.step() }
    }

    private var codes: [String] { world.events.withLock { $0.map(\.code) } }

    private var sums: [Int64] { memory.outputs.compactMap { LedgerProcessor.Balance($0)?.sum } }

    /// One error for each request and each reaction that it can lead to, but not the fatal ones. The first request of a new producer is
    /// the loop's start or a fence; those are in `TransactionErrorTests`, as are all other codes.
    private static var passing: [TransactionErrorTests.Case] {
        var seen: Set<String> = []
        return TransactionErrorTests.all.filter { one in
            guard one.reaction != .fatal, one.request != .initProducerID else { return false }
            return seen.insert("\(one.request) \(String(describing: one.reaction))").inserted
        }
    }

    @Test("a loop goes through errors of every kind, one after the other, and every output is there once")
    func everyKind() throws {
        var loop = try loop()
        try append(1...3)
        try run(&loop, untilCommitted: 3)
        var next: UInt64 = 4
        for one in Self.passing {
            world.events.withLock { $0 = [] }
            // Before the error, so that it doesn't meet this append.
            try append(next...next)
            cluster.failNext(apiKey: one.request.rawValue, with: [one.code])
            try run(&loop, untilCommitted: Int64(next))
            let recoveries = codes.filter { $0 == "stream.redoing" || $0 == "stream.fenced" }
            switch one.reaction {
            case .abortAndRedo: #expect(recoveries.first == "stream.redoing", "\(one.testDescription): \(codes)")
            case .fenced: #expect(recoveries == ["stream.fenced"], "\(one.testDescription): \(codes)")
            case .rejoin:
                #expect(codes.filter { $0 == "stream.rejoining" }.count == 1, "\(one.testDescription): \(codes)")
            default: #expect(recoveries == [], "\(one.testDescription): \(codes)")
            }
            next += 1
        }
        #expect(sums == (1..<Int64(next)).map { $0 })
        loop.withLog { (log: inout RememberingLog) in log.close() }
    }

    @Test(
        "an error that stays is given up after so many recoveries, with growing pauses",
        arguments: [(TransactionErrorTests.Request.endTransaction, Int32(47)), (.commitOffsets, 27)]
    )
    func bounded(request: TransactionErrorTests.Request, code: Int32) throws {
        var loop = try loop(consecutiveRecoveries: 5)
        try append(1...3)
        cluster.failNext(apiKey: request.rawValue, with: Array(repeating: code, count: 100))
        do throws(StreamFailure) {
            try run(&loop, untilCommitted: 3)
            Issue.record("it went on for ever")
        } catch {
            guard case .recoveriesExhausted(let count, _) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(count == 5)
        }
        let pauses = world.pauses.withLock { $0 }
        #expect(pauses == pauses.sorted() && pauses.count == 4 && pauses[0] < pauses[3], "\(pauses)")
        #expect(memory.outputs == [])
    }

    @Test(
        "a fatal error stops the loop with its reason, and nothing of the transaction is committed",
        arguments: [
            (TransactionErrorTests.Request.endTransaction, Int32(53)), (.commitOffsets, 30), (.addPartitions, 29),
        ]
    )
    func fatal(request: TransactionErrorTests.Request, code: Int32) throws {
        var loop = try loop()
        try append(1...3)
        cluster.failNext(apiKey: request.rawValue, with: [code])
        do throws(StreamFailure) {
            try run(&loop, untilCommitted: 3)
            Issue.record("it went on")
        } catch {
            guard case .log(let cause, _) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(cause.code == ErrorTable.name(ofCode: code))
        }
        #expect(codes.last == "stream.failed")
        #expect(memory.outputs == [])
    }

    /// Requests of a group's member, by their numbers in the protocol.
    enum GroupRequest: Int16, CaseIterable {
        case join = 11
        case heartbeat = 12
        case sync = 14
    }

    @Test("a member that is fenced by its name joins again with a new client", arguments: GroupRequest.allCases)
    func fencedByName(request: GroupRequest) throws {
        var loop = try loop(instance: "ledger-0")
        if request == .heartbeat {
            try append(1...3)
            try run(&loop, untilCommitted: 3)
        }
        // FENCED_INSTANCE_ID
        cluster.failNext(apiKey: request.rawValue, with: [82])
        let end = MonotonicClock.nanoseconds() + 30_000_000_000
        while !codes.contains("stream.rejoining"), MonotonicClock.nanoseconds() < end { _ = try loop.step() }
        try append(request == .heartbeat ? 4...6 : 1...6)
        try run(&loop, untilCommitted: 6)
        #expect(codes.filter { $0 == "stream.rejoining" }.count == 1, "\(codes)")
        #expect(sums == Array(1...6))
        loop.withLog { (log: inout RememberingLog) in log.close() }
    }

    @Test("a name that is taken again and again stops the loop, and it says what to do")
    func contestedName() throws {
        var loop = try loop(consecutiveRejoins: 3, instance: "ledger-0")
        cluster.failNext(apiKey: GroupRequest.join.rawValue, with: Array(repeating: 82, count: 100))
        do throws(StreamFailure) {
            try run(&loop, untilCommitted: 1)
            Issue.record("it went on for ever")
        } catch {
            guard case .nameContested(count: 3, let cause) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(cause.code == "FENCED_INSTANCE_ID")
        }
        #expect(world.pauses.withLock { $0 } == [500, 1_000])
        #expect(codes == Array(repeating: "stream.rejoining", count: 3) + ["stream.failed"])
    }

    @Test("a producer that is fenced before the loop has joined joins all the same")
    func fencedBeforeJoining() throws {
        var loop = try loop()
        try append(1...3)
        // PRODUCER_FENCED
        cluster.failNext(apiKey: TransactionErrorTests.Request.initProducerID.rawValue, with: [90])
        try run(&loop, untilCommitted: 3)
        #expect(codes.first == "stream.rejoining")
        #expect(sums == [1, 2, 3])
        loop.withLog { (log: inout RememberingLog) in log.close() }
    }
}
