import StreamCore
import StreamRuntime
import Synchronization

/// Runs the real loop in several simulated processes over the in-memory log, breaks things, then heals them, and checks that the
/// committed outputs are those of an undisturbed run: exactly once, in order per key, and that the work gets done.
public struct FaultSimulation: ~Copyable {
    /// The shape of a run.
    public struct Options: Sendable {
        public var inputPartitions = 4
        public var outputPartitions = 3
        public var processes = 3
        public var keys = 12
        /// Entries appended while things break; some come twice, some late.
        public var entries = 400
        public var faults = FaultPlan.storm
        /// Nothing else goes wrong, whatever the plan and the disturbances say.
        public var kinds = Set(FaultKind.allCases)
        /// Of a million steps, so many are preceded by a crash, a restart, a graceful stop, a rebalance or a rotten snapshot.
        public var disturbances = 15_000
        public var defect: PlantedDefect?
        /// The process that passes this place where one may die, counted from 1, dies there.
        public var crashAtPoint: Int?

        public init() {}
    }

    private static let restartDelaySteps = 60
    private static let settleStepLimit = 60_000

    private let options: Options
    private let cluster: SimulatedCluster
    private let limits: StreamLimits
    /// Half of the seeds run with static members.
    private let isStatic: Bool
    private var processes: [Int: SimulatedProcess] = [:]
    /// The step at which a process is started again.
    private var restarts: [Int: Int] = [:]
    private var oracle: LedgerOracle
    private var nextID: UInt64 = 1
    private var history: [(partition: Int, entry: LedgerProcessor.Entry)] = []
    /// Entries that come late, and how many inputs later.
    private var late: [(input: (partition: Int, entry: LedgerProcessor.Entry), atInput: Int)] = []
    private var report: SimulationReport

    /// Runs one seed to its end.
    public static func run(seed: UInt64, options: Options = Options()) -> SimulationReport {
        var simulation = FaultSimulation(seed: seed, options: options)
        simulation.disturb()
        simulation.settle()
        return simulation.finished()
    }

    private init(seed: UInt64, options: Options) {
        self.options = options
        self.report = SimulationReport(seed: seed)
        self.oracle = LedgerOracle(partitions: options.inputPartitions)
        self.limits = Self.limits(seed: seed)
        var random = SeededRandom(seed: seed ^ 0x57a7)
        self.isStatic = random.chance(perMillion: 500_000)
        let faults = options.faults.limited(to: options.kinds)
        cluster = SimulatedCluster(seed: seed, faults: faults, defect: options.defect)
        cluster.crash(atPoint: options.crashAtPoint)
        cluster.createTopic(LedgerProcessor.inputTopic, partitions: options.inputPartitions)
        cluster.createTopic(LedgerProcessor.outputTopics[0], partitions: options.outputPartitions)
        cluster.createTopic("meter.\(LedgerProcessor.name).snapshots", partitions: options.inputPartitions)
        for slot in 0..<max(1, options.processes) { restarts[slot] = 0 }
    }

    /// Small limits, different for every seed, so that everything happens often.
    private static func limits(seed: UInt64) -> StreamLimits {
        var random = SeededRandom(seed: seed ^ 0x11e7)
        var limits = StreamLimits()
        limits.commitIntervalMilliseconds = Int64(random.number(1...200))
        limits.commitRecords = random.number(1...60)
        limits.foldRecords = random.number(1...8)
        limits.effectBytes = random.number(1...400)
        limits.poll.maxRecords = random.number(1...40)
        limits.pollTimeoutMilliseconds = 20
        limits.drainMilliseconds = 5_000
        limits.consecutiveRecoveries = 8
        limits.rejoinPauseMilliseconds = 5...100
        limits.shortMembershipMilliseconds = 300
        var cadence = SnapshotCadence()
        cadence.intervalMilliseconds = Int64(random.number(50...2_000))
        cadence.inputBytes = random.number(100...4_000)
        cadence.chunkBytes = random.number(16...400)
        limits.snapshots = random.chance(perMillion: 900_000) ? cadence : nil
        return limits
    }

    // MARK: Breaking things

    private mutating func disturb() {
        while report.inputs < options.entries {
            report.steps += 1
            for _ in 0..<cluster.random(0...1) where report.inputs < options.entries { appendInput() }
            if cluster.chance(perMillion: options.disturbances) { disturbOnce() }
            startDueProcesses()
            stepOne()
            cluster.advance(milliseconds: Int64(cluster.random(0...30)))
        }
    }

    /// A new entry, one that was there before, one that comes late, or an aborted one that nobody may see.
    private mutating func appendInput() {
        report.inputs += 1
        appendDueLateInputs()
        if breaks(.abortedInput, perMillion: 60_000) {
            let partition = cluster.random(0...options.inputPartitions - 1)
            let entry = LedgerProcessor.Entry(key: "aborted", id: (1 << 62) + nextID, amount: 1)
            cluster.appendAborted([entry.record], to: TopicPartition(LedgerProcessor.inputTopic, Int32(partition)))
            return
        }
        if breaks(.poison, perMillion: 1_000) { return poison(cluster.random(0...options.inputPartitions - 1)) }
        if !history.isEmpty, breaks(.duplicateInput, perMillion: 150_000) {
            return append(history[cluster.random(0...history.count - 1)])
        }
        let key = cluster.random(0...options.keys - 1)
        let entry = LedgerProcessor.Entry(key: "key-\(key)", id: nextID, amount: Int64(cluster.random(-500...500)))
        nextID += 1
        let input = (key % options.inputPartitions, entry)
        if breaks(.reorderedInput, perMillion: 100_000) {
            late.append((input, report.inputs + cluster.random(1...20)))
        } else {
            append(input)
        }
    }

    private mutating func appendDueLateInputs(all: Bool = false) {
        for one in late where all || one.atInput <= report.inputs { append(one.input) }
        let inputs = report.inputs
        late.removeAll { all || $0.atInput <= inputs }
    }

    /// Whether a fault of this kind happens to the input now.
    private mutating func breaks(_ kind: FaultKind, perMillion: Int) -> Bool {
        guard options.kinds.contains(kind), cluster.chance(perMillion: perMillion) else { return false }
        report.faults[kind.rawValue, default: 0] += 1
        return true
    }

    private mutating func append(_ input: (partition: Int, entry: LedgerProcessor.Entry)) {
        history.append(input)
        oracle.append(input.entry, partition: input.partition)
        let target = TopicPartition(LedgerProcessor.inputTopic, Int32(input.partition))
        cluster.append(input.entry.record, to: target)
    }

    /// Appends a record that the processor can't fold.
    private mutating func poison(_ partition: Int) {
        let entry = LedgerProcessor.Entry(key: "poison", id: SimulatedProcess.poisonID, amount: 1)
        let offset = cluster.append(entry.record, to: TopicPartition(LedgerProcessor.inputTopic, Int32(partition)))
        if oracle.faults[partition] == nil { oracle.appendFault(at: offset, partition: partition) }
    }

    private mutating func disturbOnce() {
        let kinds: [FaultKind] = [.crash, .stop, .rebalance, .corruptSnapshot, .expireMember, .takeName]
        let kind = kinds[cluster.random(0...kinds.count - 1)]
        guard options.kinds.contains(kind) else { return }
        let slots = processes.keys.sorted()
        let slot = slots.isEmpty ? nil : slots[cluster.random(0...slots.count - 1)]
        var isDone = true
        switch kind {
        case .crash:
            if let slot {
                processes[slot]?.crash()
                remove(slot)
            }
            isDone = slot != nil
        case .stop:
            if let slot { processes[slot]?.requestStop() }
            isDone = slot != nil
        case .rebalance: cluster.rebalance(group: SimulatedProcess.groupID)
        case .corruptSnapshot: isDone = cluster.corruptRecord(ofTopic: "meter.\(LedgerProcessor.name).snapshots")
        case .takeName: isDone = cluster.takeNames(ofGroup: SimulatedProcess.groupID)
        default: cluster.expireMembers(ofGroup: SimulatedProcess.groupID)
        }
        if isDone { report.faults[kind.rawValue, default: 0] += 1 }
    }

    private mutating func startDueProcesses() {
        for (slot, step) in restarts.sorted(by: { $0.key < $1.key }) where step <= report.steps {
            restarts[slot] = nil
            processes[slot] = SimulatedProcess(
                slot: slot,
                cluster: cluster,
                outputPartitions: options.outputPartitions,
                limits: limits,
                isStatic: isStatic,
                defect: options.defect
            )
        }
    }

    private mutating func stepOne() {
        let slots = processes.keys.sorted()
        guard !slots.isEmpty else { return }
        let slot = slots[cluster.random(0...slots.count - 1)]
        guard let process = processes[slot] else { return }
        do throws(StreamFailure) {
            if try process.step() == .stopped { remove(slot) }
        } catch {
            judge(error)
            remove(slot)
        }
    }

    /// Only a dead process and too many recoveries may end a loop here.
    private mutating func judge(_ failure: StreamFailure) {
        switch failure {
        case .log(let error, _) where error.code == SimulatedLog.crashCode: break
        case .recoveriesExhausted, .nameContested: report.faults["recoveries exhausted", default: 0] += 1
        default: report.violations.append(SimulationReport.Violation(.survival, "a loop ended: \(failure)"))
        }
    }

    private mutating func remove(_ slot: Int) {
        guard let process = processes.removeValue(forKey: slot) else { return }
        for (code, count) in process.signals.events.withLock({ $0 }) { report.events[code, default: 0] += count }
        restarts[slot] = report.steps + cluster.random(1...Self.restartDelaySteps)
    }

    // MARK: Healing, and the verdict

    /// Nothing breaks any more: everything must be processed soon, and the processes must leave when asked.
    private mutating func settle() {
        cluster.setFaults(.none)
        appendDueLateInputs(all: true)
        let limit = report.steps + Self.settleStepLimit
        while !isEverythingCommitted, report.steps < limit {
            report.steps += 1
            startDueProcesses()
            stepOne()
            cluster.advance(milliseconds: 10)
        }
        if !isEverythingCommitted { violate("no end after \(Self.settleStepLimit) undisturbed steps") }
        for process in processes.values { process.requestStop() }
        while !processes.isEmpty, report.steps < limit + Self.settleStepLimit {
            report.steps += 1
            stepOne()
        }
        if !processes.isEmpty { violate("\(processes.count) processes did not stop") }
        // What dead processes left open times out now; until then readers wait for it.
        cluster.advance(milliseconds: ClusterState.transactionTimeoutMilliseconds)
    }

    private mutating func violate(_ detail: String) {
        report.violations.append(SimulationReport.Violation(.progress, detail))
    }

    private var isEverythingCommitted: Bool {
        (0..<Int32(options.inputPartitions)).allSatisfy { index in
            let partition = TopicPartition(LedgerProcessor.inputTopic, index)
            guard !oracle.inputs[Int(index)].isEmpty else { return true }
            let committed = cluster.committedOffset(of: partition, group: SimulatedProcess.groupID) ?? 0
            return cluster.hasNoVisibleRecord(of: partition, from: committed, to: oracle.faults[Int(index)] ?? .max)
        }
    }

    private func checkFaults() -> [SimulationReport.Violation] {
        oracle.faults.sorted { $0.key < $1.key }.compactMap { index, fault in
            let partition = TopicPartition(LedgerProcessor.inputTopic, Int32(index))
            let committed = cluster.committedOffset(of: partition, group: SimulatedProcess.groupID) ?? 0
            guard committed > fault else { return nil }
            return SimulationReport.Violation(
                .haltsAtTheFault,
                "\(partition) is committed up to \(committed) and shows a defect at \(fault)"
            )
        }
    }

    private consuming func finished() -> SimulationReport {
        let outputs = (0..<Int32(options.outputPartitions)).flatMap {
            cluster.committedRecords(of: TopicPartition(LedgerProcessor.outputTopics[0], $0))
        }
        report.outputs = outputs.count
        report.faults.merge(cluster.faultCounts) { $0 + $1 }
        report.crashPoints = cluster.crashPoints
        report.violations += cluster.violations.map { SimulationReport.Violation(.contract, $0) }
        report.violations += checkFaults()
        report.violations += oracle.differences(from: outputs)
        return report
    }
}
