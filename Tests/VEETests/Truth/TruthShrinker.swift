import MeterCore
import MeterEvents

/// Drops events from a failing case while it still fails in the same way.
struct TruthShrinker {
    let zones: ZoneCatalog
    var fault: TruthFault?
    /// Cases that may be tried.
    var attempts = 150

    mutating func shrink(_ item: TruthCase, _ kind: TruthProblem.Kind) -> TruthCase {
        var smallest = item
        var step = max(1, item.events.count / 2)
        while true {
            var index = 0
            while index < smallest.events.count, attempts > 0 {
                var smaller = smallest
                smaller.events.removeSubrange(index..<min(index + step, smaller.events.count))
                attempts -= 1
                let problems = TruthChecker.problems(smaller, zones, fault: fault).problems
                if problems.contains(where: { $0.kind == kind }) { smallest = smaller } else { index += step }
            }
            if step == 1 || attempts <= 0 { return smallest }
            step = max(1, step / 2)
        }
    }
}
