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

    let slot: Int
    let signals = Signals()
    private var loop: StreamLoop<LedgerProcessor, SimulatedLog>

    init(slot: Int, cluster: SimulatedCluster, outputPartitions: Int, limits: StreamLimits) {
        self.slot = slot
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
            log: SimulatedLog(cluster: cluster, groupID: Self.groupID, transactionalID: "ledger-\(slot)"),
            configuration: LedgerProcessor.Configuration(),
            options: StreamOptions(groupID: Self.groupID, outputs: outputs, limits: limits),
            environment: environment
        )
    }

    func step() throws(StreamFailure) -> StepOutcome { try loop.step() }

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
