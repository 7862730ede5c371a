import SimulationKit
import StreamCore
import StreamRuntime
import Synchronization

/// One loop over the in-memory log, stepped by a test.
final class LoopBench {
    final class World: Sendable {
        let stop = Atomic<Bool>(false)
        let events = Mutex<[StreamEvent]>([])
        /// Simulated milliseconds at which something happens while the loop waits.
        let stopAt = Atomic<Int64>(.max)
        let healAt = Atomic<Int64>(.max)

        func pause(_ milliseconds: Int64, _ cluster: SimulatedCluster) {
            cluster.advance(milliseconds: milliseconds)
            let now = cluster.nowNanoseconds / 1_000_000
            if now >= stopAt.load(ordering: .relaxed) { stop.store(true, ordering: .relaxed) }
            if now >= healAt.load(ordering: .relaxed) { cluster.setFaults(.none) }
        }
    }

    static let group = "meter.ledger"
    static let snapshots = "meter.ledger.snapshots"

    let cluster: SimulatedCluster
    let world = World()
    var loop: StreamLoop<LedgerProcessor, SimulatedLog>

    static func cluster(partitions: Int = 2) -> SimulatedCluster {
        let cluster = SimulatedCluster()
        cluster.createTopic(LedgerProcessor.inputTopic, partitions: partitions)
        cluster.createTopic(LedgerProcessor.outputTopics[0], partitions: 1)
        cluster.createTopic(snapshots, partitions: partitions)
        return cluster
    }

    static var outputs: [Effects.Output] {
        [Effects.Output(topic: LedgerProcessor.outputTopics[0], partitionCount: 1)]
    }

    init(
        _ cluster: SimulatedCluster,
        configuration: LedgerProcessor.Configuration = .init(),
        group: String = LoopBench.group,
        instance: String? = nil,
        limits: StreamLimits = StreamLimits()
    ) {
        self.cluster = cluster
        let world = world
        let environment = StreamEnvironment(
            nowNanoseconds: { cluster.nowNanoseconds },
            pause: { world.pause($0, cluster) },
            isStopRequested: { world.stop.load(ordering: .relaxed) },
            report: { event in world.events.withLock { $0.append(event) } }
        )
        loop = StreamLoop(
            log: SimulatedLog(cluster: cluster, groupID: group, transactionalID: "\(group)-0", instanceID: instance),
            configuration: configuration,
            options: StreamOptions(groupID: group, outputs: Self.outputs, limits: limits),
            environment: environment
        )
    }

    /// Steps until a number of steps in a row found nothing to do, or the loop stopped.
    @discardableResult
    func run(idleSteps: Int = 4) throws(StreamFailure) -> StepOutcome {
        var idle = 0
        while idle < idleSteps {
            let outcome = try loop.step()
            if outcome == .stopped { return .stopped }
            idle = outcome == .idle ? idle + 1 : 0
        }
        return .idle
    }

    func requestStop() {
        world.stop.store(true, ordering: .relaxed)
    }

    func requestStop(after milliseconds: Int64) {
        world.stopAt.store(cluster.nowNanoseconds / 1_000_000 + milliseconds, ordering: .relaxed)
    }

    func endOutages(after milliseconds: Int64) {
        world.healAt.store(cluster.nowNanoseconds / 1_000_000 + milliseconds, ordering: .relaxed)
    }

    var status: StreamStatus { loop.status }

    var eventCodes: [String] { world.events.withLock { $0.map(\.code) } }

    func append(_ ids: ClosedRange<UInt64>, partition: Int32 = 0) {
        for id in ids {
            let entry = LedgerProcessor.Entry(key: "k\(partition)", id: id, amount: 1)
            cluster.append(entry.record, to: TopicPartition(LedgerProcessor.inputTopic, partition))
        }
    }

    /// The sums emitted for a key, in order.
    func sums(_ key: String) -> [Int64] {
        cluster.committedRecords(of: TopicPartition(LedgerProcessor.outputTopics[0], 0)).compactMap { record in
            guard record.key == Array(key.utf8) else { return nil }
            return LedgerProcessor.Balance(record.value ?? [])?.sum
        }
    }

    func committed(_ partition: Int32 = 0) -> Int64? {
        cluster.committedOffset(of: TopicPartition(LedgerProcessor.inputTopic, partition), group: Self.group)
    }
}
