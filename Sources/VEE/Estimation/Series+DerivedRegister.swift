import MeterCore
import MeterEvents
import RuleSets

extension Series {
    /// What a register would read at the end of a closed window, with the reading that it starts from.
    struct Derivation {
        var value: Int64
        var quality: Quality
        var base: RegisterRecord.Entry
        var intervals: UInt32
        var estimated: UInt32
    }

    /// What there is to say of a register at the end of a window.
    enum Derived {
        case reading(Derivation)
        /// It was read then, or it can't be said.
        case nothing
        /// What it would follow from is partly forgotten: what was said stays.
        case forgotten
    }

    /// Whether the same meter with the same configuration counted all the time.
    func isSame(from start: Int64, to end: Int64, _ context: FoldContext) -> Bool {
        if let meter = context.facts.registration {
            if let installed = meter.installedFrom?.secondsSinceEpoch, start < installed, end >= installed {
                return false
            }
            if let removed = meter.installedTo?.secondsSinceEpoch, end > removed { return false }
        }
        if context.facts.exchanges.contains(where: { start < $0 && end >= $0 }) { return false }
        return !isReconfigured(slots(of: start..<end), context.facts)
    }
}
