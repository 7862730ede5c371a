import Glibc
public import StreamCore
import StreamRuntime
import Synchronization

/// An in-memory log with topics, transactions, consumer groups and time, shared by the `SimulatedLog`s that talk to it.
///
/// It behaves as a Kafka cluster does for `read_committed` consumers and transactional producers; what goes wrong is drawn from one
/// seeded generator, so that a run with one thread is the same every time.
public final class SimulatedCluster: Sendable {
    private let storage: Mutex<ClusterState>
    private let clock: ClusterClock

    public init(
        seed: UInt64 = 0,
        faults: FaultPlan = .none,
        defect: PlantedDefect? = nil,
        clock: ClusterClock = .simulated
    ) {
        self.clock = clock
        storage = Mutex(ClusterState(random: SeededRandom(seed: seed), faults: faults, defect: defect))
    }

    func withState<Result>(_ body: (inout sending ClusterState) -> sending Result) -> sending Result {
        storage.withLock { state in
            if clock != .simulated { state.advance(to: MonotonicClock.nanoseconds()) }
            return body(&state)
        }
    }

    /// What a poll does that found nothing.
    ///
    /// Several threads wait side by side, so that on the machine's clock none of them may move the time: the log's would run as many
    /// times faster than the loops', and transactions would time out while their loops think them young.
    func waitIdle(timeoutMilliseconds: Int32) {
        switch clock {
        case .simulated: withState { $0.advance(nanoseconds: Int64(timeoutMilliseconds) * 1_000_000) }
        case .machine(let pause):
            let timeoutMicroseconds = UInt32(clamping: Int64(timeoutMilliseconds) * 1_000)
            usleep(min(pause, timeoutMicroseconds))
        }
    }

    public func createTopic(_ name: String, partitions: Int) {
        withState { $0.topics[name] = Array(repeating: SimulatedPartition(), count: partitions) }
    }

    /// Appends a committed record.
    /// - Returns: its offset.
    @discardableResult
    public func append(_ record: SimulatedRecord, to partition: TopicPartition) -> Int64 {
        withState { state in
            let isKnown = state.append(record, to: partition, transaction: nil)
            precondition(isKnown, "\(partition) does not exist")
            return Int64(state.topics[partition.topic]?[Int(partition.partition)].slots.count ?? 1) - 1
        }
    }

    /// Appends records of a transaction that is aborted at once: no reader may see them.
    public func appendAborted(_ records: [SimulatedRecord], to partition: TopicPartition) {
        withState { state in
            state.producers["aborting", default: ClusterState.Producer()].epoch += 1
            let id = state.begin("aborting")
            for record in records { _ = state.append(record, to: partition, transaction: id) }
            state.end(id, .aborted)
        }
    }

    /// The records that a `read_committed` reader sees, in order.
    public func committedRecords(of partition: TopicPartition) -> [SimulatedRecord] {
        withState { state in
            let end = state.stableEnd(partition) ?? 0
            return (0..<end).compactMap { state.visibleRecord(partition, $0) }
        }
    }

    /// One past the last readable offset.
    public func stableEnd(of partition: TopicPartition) -> Int64 {
        withState { $0.stableEnd(partition) ?? 0 }
    }

    /// Whether a reader at this offset has nothing left to read, be it up to another offset.
    public func hasNoVisibleRecord(of partition: TopicPartition, from offset: Int64, to limit: Int64 = .max) -> Bool {
        withState { state in
            let end = min(state.stableEnd(partition) ?? 0, limit)
            return offset >= end || (offset..<end).allSatisfy { state.visibleRecord(partition, $0) == nil }
        }
    }

    public func committedOffset(of partition: TopicPartition, group: String) -> Int64? {
        withState { $0.groups[group]?.committed[partition] }
    }

    /// Sets a group's offset, as an operator does.
    public func setCommittedOffset(_ nextOffset: Int64?, of partition: TopicPartition, group: String) {
        withState { $0.groups[group]?.overwrite(partition, nextOffset) }
    }

    public var nowNanoseconds: Int64 { withState { $0.nowNanoseconds } }

    /// Moves time on; sessions and transactions time out. Only for a cluster on its own clock.
    public func advance(milliseconds: Int64) {
        precondition(clock == .simulated, "nobody moves the machine's clock")
        withState { $0.advance(nanoseconds: milliseconds * 1_000_000) }
    }

    /// The process that passes the n-th place where one may die, counted from 1, dies there.
    func crash(atPoint point: Int?) {
        withState { $0.crashAtPoint = point }
    }

    /// Places passed where a process may die.
    var crashPoints: Int { withState { $0.crashPoints } }

    public func setFaults(_ plan: FaultPlan) {
        withState { $0.faults = plan }
    }

    /// Has the group hand partitions to other members.
    public func rebalance(group: String) {
        withState { $0.groups[group]?.shuffle() }
    }

    /// Has the group remove all its members, as after a long pause of the processes.
    public func expireMembers(ofGroup group: String) {
        withState { state in
            for member in state.groups[group]?.members.keys.sorted() ?? [] { state.groups[group]?.remove(member) }
        }
    }

    /// Has other members take the names of all static members of the group.
    /// - Returns: false when there is none.
    @discardableResult
    public func takeNames(ofGroup group: String) -> Bool {
        withState { state in
            let named = state.groups[group]?.members.filter { $0.value.instance != nil }.keys.sorted() ?? []
            for member in named { state.groups[group]?.takeName(of: member) }
            return !named.isEmpty
        }
    }

    /// Bumps the epoch of a producer, as another with the same transactional id would.
    public func fence(transactionalID: String) {
        withState { $0.fence(transactionalID) }
    }

    /// Flips a bit in a random stored record of the topic.
    /// - Returns: false when there is none.
    public func corruptRecord(ofTopic topic: String) -> Bool {
        withState { state in
            guard let partition = state.topics[topic]?.indices.randomElement(using: &state.random) else { return false }
            let slots = state.topics[topic]?[partition].slots ?? []
            let full = slots.indices.filter { !(slots[$0].record?.value ?? []).isEmpty }
            guard let index = full.randomElement(using: &state.random) else { return false }
            let count = slots[index].record?.value?.count ?? 1
            let byte = state.random.number(0...count - 1)
            let mask = UInt8(1 << state.random.number(0...7))
            state.topics[topic]?[partition].corrupt(at: index, byte: byte, mask: mask)
            return true
        }
    }

    /// What a correct loop never does, seen by the log.
    public var violations: [String] { withState { $0.violations } }

    /// How often what went wrong.
    public var faultCounts: [String: Int] { withState { $0.faultCounts } }

    /// A number from the cluster's generator.
    public func random(_ range: ClosedRange<Int>) -> Int {
        withState { $0.random.number(range) }
    }

    public func chance(perMillion: Int) -> Bool {
        withState { $0.random.chance(perMillion: perMillion) }
    }
}
