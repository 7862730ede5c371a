import SimulationKit
import Testing

@Suite struct FaultSimulationTests {
    /// Disjoint ranges, so that they run side by side.
    @Test(arguments: [1, 101, 201, 301] as [UInt64])
    func committedOutputsAreThoseOfAnUndisturbedRun(first: UInt64) {
        for seed in first..<first + 60 {
            let report = FaultSimulation.run(seed: seed)
            #expect(report.isPassed, "\(report)")
        }
    }

    @Test func aRunWithoutFaultsIsCleanToo() {
        var options = FaultSimulation.Options()
        options.faults = .none
        options.disturbances = 0
        let report = FaultSimulation.run(seed: 7, options: options)
        #expect(report.isPassed, "\(report)")
        #expect(report.outputs > 300)
        #expect(report.events["stream.redoing"] == nil)
    }

    @Test func theSameSeedGivesTheSameRun() {
        let one = FaultSimulation.run(seed: 42)
        let two = FaultSimulation.run(seed: 42)
        #expect(one.description == two.description)
    }

    @Test func theStormReallyBlows() {
        var faults: [String: Int] = [:]
        var events: [String: Int] = [:]
        for seed in 1...40 as ClosedRange<UInt64> {
            let report = FaultSimulation.run(seed: seed)
            faults.merge(report.faults) { $0 + $1 }
            events.merge(report.events) { $0 + $1 }
        }
        for kind in FaultKind.allCases { #expect(faults[kind.rawValue, default: 0] > 0, "\(kind) never happened") }
        let codes = [
            "stream.fenced", "stream.halted", "stream.live", "stream.lost", "stream.outage-ended",
            "stream.outage-started",
            "stream.redoing", "stream.rejoining", "stream.restoring", "stream.revoked", "stream.snapshot-rejected",
            "stream.snapshot-written", "stream.stopped",
        ]
        for code in codes { #expect(events[code, default: 0] > 0, "\(code) never reported") }
    }

    @Test func onlyTheFaultsThatWereAskedForHappen() {
        for kind in FaultKind.allCases {
            var options = FaultSimulation.Options()
            options.kinds = [kind]
            let report = FaultSimulation.run(seed: 11, options: options)
            #expect(report.isPassed, "\(report)")
            #expect(Set(report.faults.keys).subtracting(["recoveries exhausted"]).isSubset(of: [kind.rawValue]))
        }
    }

    /// One crash a run, at each of the places where one can happen.
    @Test func aCrashAtEveryStepIsSurvived() {
        let sweep = CrashSweep(seed: 5)
        #expect(sweep.crashPoints > 100)
        for point in 1...sweep.crashPoints {
            let report = sweep.run(crashAtPoint: point)
            #expect(report.isPassed, "crash point \(point): \(report)")
            #expect(report.faults[FaultKind.crash.rawValue] == 1, "crash point \(point) was not reached")
        }
    }

    @Test(arguments: PlantedDefect.allCases)
    func plantedDefectsAreFound(defect: PlantedDefect) {
        var options = FaultSimulation.Options()
        options.defect = defect
        let found = (1...100 as ClosedRange<UInt64>).first { !FaultSimulation.run(seed: $0, options: options).isPassed }
        #expect(found != nil, "\(defect) was not found in 100 seeds")
    }
}
