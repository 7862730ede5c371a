package import SimulationKit
import Synchronization

/// Many seeds of the fault simulation, side by side, and what came of them.
package struct FaultCampaign: Sendable {
    /// Failures that are kept with what was wrong; the rest is only counted.
    static let keptFailures = 20

    package struct Failure: Sendable, Equatable {
        package var seed: UInt64
        package var crashPoint: Int?
        /// The first law that was broken.
        package var violation: SimulationReport.Violation
    }

    package struct Summary: Sendable {
        /// Runs: one a seed, or one for each place where a process can die.
        package var runs = 0
        package var steps = 0
        package var inputs = 0
        package var outputs = 0
        package var faults: [String: Int] = [:]
        package var events: [String: Int] = [:]
        package var failed = 0
        /// Ascending by seed.
        package var failures: [Failure] = []
        package var seconds = 0.0
    }

    let firstSeed: UInt64
    let seeds: Int
    let options: FaultSimulation.Options
    /// Runs at one time.
    let parallel: Int
    /// Instead of drawing faults: every place where a process can die, one after the other.
    let isCrashSweep: Bool
    /// Enough is known after the first failure (a planted bug was found).
    let stopsAtFailure: Bool

    package init(
        firstSeed: UInt64,
        seeds: Int,
        options: FaultSimulation.Options,
        parallel: Int,
        isCrashSweep: Bool,
        stopsAtFailure: Bool
    ) {
        self.firstSeed = firstSeed
        self.seeds = seeds
        self.options = options
        self.parallel = parallel
        self.isCrashSweep = isCrashSweep
        self.stopsAtFailure = stopsAtFailure
    }

    /// What the runs at one time share.
    private final class Board: Sendable {
        private let next = Atomic<Int>(0)
        private let summary = Mutex(Summary())

        func takeIndex() -> Int { next.wrappingAdd(1, ordering: .relaxed).oldValue }
        var hasFailure: Bool { summary.withLock { $0.failed > 0 } }
        var result: Summary { summary.withLock { $0 } }

        func add(_ report: SimulationReport, crashPoint: Int?) {
            summary.withLock { FaultCampaign.add(report, crashPoint: crashPoint, to: &$0) }
        }
    }

    /// - Parameter progress: told after each seed.
    package func run(progress: @escaping @Sendable () -> Void) async -> Summary {
        let started = Stopwatch.seconds()
        let board = Board()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<parallel {
                group.addTask { @concurrent in await work(board, progress) }
            }
        }
        var summary = board.result
        summary.failures.sort { ($0.seed, $0.crashPoint ?? 0) < ($1.seed, $1.crashPoint ?? 0) }
        summary.seconds = Stopwatch.seconds() - started
        return summary
    }

    /// Takes one seed after the other until there is none left.
    private func work(_ board: Board, _ progress: @Sendable () -> Void) async {
        while !Task.isCancelled {
            let index = board.takeIndex()
            guard index < seeds, !(stopsAtFailure && board.hasFailure) else { return }
            runSeed(firstSeed + UInt64(index), board)
            progress()
            await Task.yield()
        }
    }

    private func runSeed(_ seed: UInt64, _ board: Board) {
        guard isCrashSweep else {
            return board.add(FaultSimulation.run(seed: seed, options: options), crashPoint: nil)
        }
        let sweep = CrashSweep(seed: seed)
        for point in 0..<sweep.crashPoints {
            board.add(sweep.run(crashAtPoint: point + 1), crashPoint: point + 1)
        }
    }

    private static func add(_ report: SimulationReport, crashPoint: Int?, to summary: inout Summary) {
        summary.runs += 1
        summary.steps += report.steps
        summary.inputs += report.inputs
        summary.outputs += report.outputs
        summary.faults.merge(report.faults) { $0 + $1 }
        summary.events.merge(report.events) { $0 + $1 }
        guard let violation = report.violations.first else { return }
        summary.failed += 1
        guard summary.failures.count < keptFailures else { return }
        summary.failures.append(Failure(seed: report.seed, crashPoint: crashPoint, violation: violation))
    }
}
