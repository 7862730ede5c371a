import Glibc
import MeterCore
import MeterEvents
import Testing
import VEE

/// A generator of all that the field does, and an oracle written apart from the processor, agree on every reading and every day.
///
/// `METERLOG_TRUTH_SEEDS` (300) and `METERLOG_TRUTH_FIRST_SEED` (1) say which seeds are run.
struct TruthTests {
    private struct Outcome: Sendable {
        var seed: UInt64
        var problems: [TruthProblem]
        var compared: Int
        var unclear: Int
    }

    private static func setting(_ name: String, _ standard: UInt64) -> UInt64 {
        guard let text = getenv(name) else { return standard }
        return UInt64(String(cString: text)) ?? standard
    }

    @Test func whatIsInForceIsWhatTheLawsSay() async throws {
        let zones = try TruthZones.catalog()
        let first = Self.setting("METERLOG_TRUTH_FIRST_SEED", 1)
        let count = Self.setting("METERLOG_TRUTH_SEEDS", 300)
        let isLoud = Self.setting("METERLOG_TRUTH_LOUD", 0) > 0
        let workers: UInt64 = 4
        let outcomes = await withTaskGroup(of: [Outcome].self) { group in
            for worker in 0..<workers {
                group.addTask {
                    stride(from: first + worker, to: first + count, by: Int(workers)).map { seed in
                        if isLoud { print("truth: seed \(seed)") }
                        let (problems, compared, unclear) = TruthChecker.problems(
                            TruthGenerator.make(seed, zones),
                            zones
                        )
                        return Outcome(seed: seed, problems: problems, compared: compared, unclear: unclear)
                    }
                }
            }
            return await group.reduce(into: []) { $0 += $1 }.sorted { $0.seed < $1.seed }
        }
        let compared = outcomes.reduce(0) { $0 + $1.compared }
        let unclear = outcomes.reduce(0) { $0 + $1.unclear }
        #expect(outcomes.count == Int(count))
        // A generator that leaves most days open would prove nothing.
        #expect(compared > 4 * unclear)
        report(outcomes.filter { !$0.problems.isEmpty }, of: count, zones)
    }

    private func report(_ failed: [Outcome], of count: UInt64, _ zones: ZoneCatalog) {
        guard !failed.isEmpty else { return }
        var seedsByKind: [TruthProblem.Kind: [UInt64]] = [:]
        for outcome in failed {
            for kind in Set(outcome.problems.map(\.kind)) { seedsByKind[kind, default: []].append(outcome.seed) }
        }
        print("truth: \(failed.count) of \(count) seeds fail")
        for kind in TruthProblem.Kind.allCases {
            guard let seeds = seedsByKind[kind] else { continue }
            let some = seeds.sorted().prefix(12).map(String.init).joined(separator: " ")
            print("truth: \(kind.rawValue) in \(seeds.count): \(some)")
        }
        for outcome in failed {
            var shown: [String] = []
            for kind in TruthProblem.Kind.allCases {
                guard let problem = outcome.problems.first(where: { $0.kind == kind }) else { continue }
                shown.append("\(kind.rawValue): \(problem.text)")
            }
            Issue.record("seed \(outcome.seed): \(shown.joined(separator: "\n  "))")
        }
        // The smallest case of some seeds, event by event.
        var shrinker = TruthShrinker(zones: zones)
        for outcome in failed.prefix(Int(Self.setting("METERLOG_TRUTH_SHRINK", 1))) {
            guard let kind = outcome.problems.first?.kind else { continue }
            shrinker.attempts = 150
            let item = shrinker.shrink(TruthGenerator.make(outcome.seed, zones), kind)
            let problems = TruthChecker.problems(item, zones).problems.filter { $0.kind == kind }
            print("truth: \(item.description)\n  \(kind.rawValue): \(problems.first?.text ?? "")")
        }
    }

    /// The checks find what is broken on purpose, in a seed where nothing is wrong without the damage.
    @Test(arguments: TruthFault.allCases)
    func aPlantedFaultIsFound(fault: TruthFault) throws {
        let zones = try TruthZones.catalog()
        let found = (UInt64(1)...80).first { seed in
            let item = TruthGenerator.make(seed, zones)
            return !TruthChecker.problems(item, zones, fault: fault).problems.isEmpty
                && TruthChecker.problems(item, zones).problems.isEmpty
        }
        #expect(found != nil, "\(fault) stays unseen")
    }

    /// What is generated is what is meant: all kinds of events, in another order than they were received in too.
    @Test func theGeneratorMixesEverything() throws {
        let zones = try TruthZones.catalog()
        var traits: [String: Int] = [:]
        var values = 0
        for seed in UInt64(1)...60 {
            let item = TruthGenerator.make(seed, zones)
            #expect(item.description == TruthGenerator.make(seed, zones).description)
            for trait in Set(item.traits) { traits[trait, default: 0] += 1 }
            for case .intervalBlock(let block) in item.events.map(\.body) { values += block.count }
        }
        for trait in ["exact", "default rules", "shuffled", "newest first", "as received", "edits", "locks"] {
            #expect(traits[trait] ?? 0 > 2, "\(trait)")
        }
        #expect(traits.keys.contains { $0.contains("again in") })
        #expect(traits.keys.contains { $0.contains("off by") })
        #expect(traits.keys.contains { $0.contains("daily") })
        #expect(values / 60 < 3000)
    }
}
