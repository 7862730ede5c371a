import MeterCore
import MeterEvents
import RuleSets

/// Which rule set holds for which data time. The rule set of a window is that of its start; all that is decided about the window's
/// slots is decided by it.
struct RuleTimeline: Sendable {
    struct Entry: Sendable {
        /// Data time from which the rules hold, seconds since 1970.
        var effectiveFrom: Int64
        /// Nil for the default rules.
        var raw: RawReference?
        /// The text it was made from; empty for the default rules.
        var json: String
        var rules: RuleSet
    }

    /// Ascending by `effectiveFrom`; the first is the default and holds from the beginning.
    private(set) var entries: [Entry]
    private let maximumCount: Int

    init(default rules: RuleSet, maximumCount: Int) {
        entries = [Entry(effectiveFrom: .min, raw: nil, json: "", rules: rules)]
        self.maximumCount = maximumCount
    }

    /// The rules that hold for a window that starts at a data time.
    @inline(__always)
    func index(at seconds: Int64) -> Int {
        var index = entries.count - 1
        while index > 0, entries[index].effectiveFrom > seconds { index -= 1 }
        return index
    }

    /// Adds an activation; of two for the same data time the later payload holds. False: nothing changed.
    mutating func activate(_ entry: Entry) -> Bool {
        guard let raw = entry.raw else { return false }
        var index = entries.count
        while index > 1, entries[index - 1].effectiveFrom > entry.effectiveFrom { index -= 1 }
        if index > 1, entries[index - 1].effectiveFrom == entry.effectiveFrom, let held = entries[index - 1].raw {
            guard raw.supersedes(held) else { return false }
            entries[index - 1] = entry
            return true
        }
        entries.insert(entry, at: index)
        // The oldest goes: its data is the first to be beyond the kept history.
        if entries.count - 1 > maximumCount { entries.remove(at: 1) }
        return true
    }

    /// The same with all times on the wall clock of a zone.
    func onWallClock(_ zone: ZoneRules) -> RuleTimeline {
        var own = self
        for index in own.entries.indices.dropFirst() {
            own.entries[index].effectiveFrom = WallClock.time(own.entries[index].effectiveFrom, zone)
        }
        return own
    }
}
