import Snapshots
import StreamCore
import StreamRuntime
import Synchronization

/// One process of the simulation: the real loop, stepped by the simulation instead of by a thread.
final class SimulatedProcess {
    /// What the loop may ask from outside of the simulation's thread order.
    final class Signals: Sendable {
        let isStopRequested = Atomic<Bool>(false)
        let events = Mutex<[String: Int]>([:])
    }

    static let groupID = "meter.ledger"
    /// The id of an entry that the processor can't fold.
    static let poisonID: UInt64 = 1 << 61

    let slot: Int
    let signals = Signals()
    private var loop: StreamLoop<LedgerProcessor, SimulatedLog>
    private let cluster: SimulatedCluster
    private let defect: PlantedDefect?
    private var defectiveSnapshots: UInt64 = 0

    /// - Parameter isStatic: whether the group knows the process by its slot, so that it may come back without a rebalance.
    init(
        slot: Int,
        cluster: SimulatedCluster,
        outputPartitions: Int,
        limits: StreamLimits,
        isStatic: Bool,
        defect: PlantedDefect? = nil
    ) {
        self.slot = slot
        self.cluster = cluster
        self.defect = defect
        let signals = signals
        let environment = StreamEnvironment(
            nowNanoseconds: { cluster.nowNanoseconds },
            pause: { cluster.advance(milliseconds: $0) },
            isStopRequested: { signals.isStopRequested.load(ordering: .relaxed) },
            report: { event in
                signals.events.withLock { $0[event.code, default: 0] += 1 }
            }
        )
        let outputs = [Effects.Output(topic: LedgerProcessor.outputTopics[0], partitionCount: Int32(outputPartitions))]
        loop = StreamLoop(
            log: SimulatedLog(
                cluster: cluster,
                groupID: Self.groupID,
                transactionalID: "ledger-\(slot)",
                instanceID: isStatic ? "ledger-\(slot)" : nil
            ),
            configuration: LedgerProcessor.Configuration(faultyID: defect == .poisonSkipped ? nil : Self.poisonID),
            options: StreamOptions(groupID: Self.groupID, outputs: outputs, limits: limits),
            environment: environment
        )
    }

    func step() throws(StreamFailure) -> StepOutcome {
        let outcome = try loop.step()
        if defect == .snapshotOfUncommittedState { writeDefectiveSnapshot() }
        return outcome
    }

    /// What a loop would leave behind that takes its snapshots without regard to the open transaction.
    private func writeDefectiveSnapshot() {
        for partition in loop.status.partitions where partition.nextOffset > partition.committedOffset {
            guard cluster.chance(perMillion: 100_000), let state = loop.encodedState(of: partition.partition) else {
                continue
            }
            defectiveSnapshots += 1
            let image = SnapshotImage(
                identity: SnapshotLabel.Identity(
                    processor: LedgerProcessor.name,
                    owner: Self.groupID,
                    stateVersion: LedgerProcessor.stateVersion,
                    configuration: LedgerProcessor.fingerprint(of: LedgerProcessor.Configuration()),
                    input: partition.partition
                ),
                place: SnapshotPlace(slot: 0, sequence: 1 << 32 + defectiveSnapshots),
                nextOffset: partition.committedOffset,
                state: state
            )
            let topic = SnapshotLabel.topic(processor: LedgerProcessor.name)
            for chunk in 0..<image.chunkCount {
                let record = SimulatedRecord(key: image.key(ofChunk: chunk), value: image.value(ofChunk: chunk))
                cluster.append(record, to: TopicPartition(topic, partition.partition.partition))
            }
        }
    }

    func requestStop() {
        signals.isStopRequested.store(true, ordering: .relaxed)
    }

    /// Dies between two steps.
    func crash() {
        loop.simulateCrash()
    }

    var status: StreamStatus { loop.status }
}

extension StreamLoop where P == LedgerProcessor, L == SimulatedLog {
    mutating func simulateCrash() {
        withLog { (log: inout SimulatedLog) in log.crash() }
    }
}
