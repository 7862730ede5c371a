import MeterCore
import MeterEvents
import RuleSets

/// The readings of a register, each with the one that it is counted from: what tells a count that goes on from one that begins anew, and from
/// a false reading.
///
/// Definition: measured readings are taken in the order of time, each against the last one that stands. It goes on from there where the rules on
/// registers allow that (V15, V16, V17, V37). Where they don't, the readings after it decide:
/// * the count goes on from the last one that stands, past this one: it is false and set aside;
/// * the count goes on from this one: the meter was exchanged or reset, and counting begins anew here;
/// * both: where the intervals tell, what is nearer to them, otherwise it is false;
/// * nothing tells yet: it is neither used nor passed over. Nothing is said of the time since the last one that stands.
///
/// Readings that the source estimated are compared and never counted from. All of it follows from the readings kept, the registry, the
/// device's reports, the rules and the intervals' measured values, whatever the order in which these came.
struct RegisterChain: Sendable {
    enum Verdict: UInt8, Sendable {
        /// It goes on from the one before.
        case continued
        /// The first one, or the first after an exchange that the registry or the device told of.
        case baseline
        /// The first one after an exchange or a reset that nothing told of.
        case exchanged
        /// It stands between two that belong together.
        case outlier
        /// It does not go on from the one before, and nothing after it says why.
        case unconfirmed
        /// The source estimated it, or the register has no digits for it.
        case unused
    }

    struct Link: Sendable {
        var verdict: Verdict
        /// Index of the reading that it is compared with; nil for the first.
        var base: Int?
        /// What passed since, in billionths, where the count goes on.
        var advance: Int64?
        /// The most that can have passed as the intervals say, where they were asked.
        var passable: Int64?
    }

    /// What the intervals say of a time.
    struct Evidence {
        /// The most that can have passed, in billionths.
        var passable: Int64
        /// Sum of what was measured.
        var measured: Int128
    }

    /// Two readings that follow each other, whatever lies between.
    struct Span: Sendable {
        var from: RegisterPoint
        var to: RegisterPoint
        /// What passed, in billionths; nil where the count does not go on.
        var advance: Int64?

        var time: Range<Int64> { from.at..<to.at }
    }

    /// One for each kept reading.
    private(set) var links: [Link] = []
    private let entries: [RegisterRecord.Entry]

    /// All measured readings go on from each other.
    var isPlain: Bool {
        links.allSatisfy { $0.verdict == .continued || $0.verdict == .baseline || $0.verdict == .unused }
    }

    /// So many readings after one that does not go on are looked at.
    static let lookAhead = 8

    /// - Parameter evidence: what the intervals say of a time, by a percentage of their highest value; nil where they don't say.
    init(
        _ record: RegisterRecord,
        _ facts: MeterFacts,
        rules: [ResolvedRules],
        _ timeline: RuleTimeline,
        evidence: (Range<Int64>, _ peakPercent: Int64) -> Evidence?
    ) {
        entries = record.entries
        let judge = RegisterJudge(
            entries: entries,
            unit: record.unit,
            registration: facts.registration(of: record.channel),
            facts: facts,
            rules: rules,
            timeline: timeline
        )
        links = Array(repeating: Link(verdict: .unused), count: entries.count)
        let usable = entries.indices.filter { judge.isUsable($0) }
        var place = 0
        var base: Int?
        var pace: RegisterJudge.Pace?
        for index in entries.indices {
            guard place < usable.count, usable[place] == index else {
                links[index].base = base
                continue
            }
            place += 1
            guard let held = base else {
                links[index].verdict = .baseline
                base = index
                continue
            }
            let following = usable[place...].prefix(Self.lookAhead)
            links[index] = judge.link(held, index, following, pace, evidence)
            switch links[index].verdict {
            case .continued:
                pace = links[index].advance.map { ($0, entries[index].point.at - entries[held].point.at) }
                base = index
            case .baseline, .exchanged:
                pace = nil
                base = index
            case .outlier, .unconfirmed, .unused: break
            }
        }
    }

    /// The spans that have a part of a time.
    func spans(around time: Range<Int64>) -> [Span] {
        var spans: [Span] = []
        for index in links.indices {
            guard let span = span(endingAt: index), span.to.at > time.lowerBound else { continue }
            if span.from.at >= time.upperBound { break }
            spans.append(span)
        }
        return spans
    }

    /// The span that a reading ends; nil where it ends none.
    func span(endingAt index: Int) -> Span? {
        guard let base = links[index].base else { return nil }
        switch links[index].verdict {
        case .unused, .outlier: return nil
        case .continued, .baseline, .exchanged, .unconfirmed: break
        }
        return Span(from: entries[base].point, to: entries[index].point, advance: links[index].advance)
    }

    /// The reading that a register at an instant is counted from: the last one before it that stands. Nil where there is none, where the
    /// register was read then, and where the reading after the instant does not go on from it for a reason whose moment is not known.
    func base(at end: Int64) -> RegisterRecord.Entry? {
        var index = entries.count
        while index > 0, entries[index - 1].point.at >= end { index -= 1 }
        if index < entries.count, entries[index].point.at == end { return nil }
        var held: Int?
        for earlier in (0..<index).reversed() {
            switch links[earlier].verdict {
            case .unconfirmed: return nil
            case .outlier, .unused: continue
            case .continued, .baseline, .exchanged: held = earlier
            }
            break
        }
        for later in index..<links.count where links[later].verdict != .outlier && links[later].verdict != .unused {
            if links[later].verdict == .exchanged || links[later].verdict == .unconfirmed { return nil }
            break
        }
        return held.map { entries[$0] }
    }

    /// A time, widened to the readings whose verdicts may follow from what is known of it.
    ///
    /// - Parameter isPlain: all readings went on from each other, before and after.
    func reach(of time: Range<Int64>, isPlain: Bool) -> Range<Int64> {
        let lower = max(time.lowerBound, .min / 2) - Self.evidenceSeconds
        let upper = min(time.upperBound, .max / 2) + Self.evidenceSeconds
        if isPlain || entries.isEmpty { return lower..<upper }
        let first = entries.firstIndex { $0.point.at >= lower } ?? entries.count
        let last = entries.firstIndex { $0.point.at >= upper } ?? entries.count
        let from = max(first - Self.lookAhead - 2, 0)
        let to = min(last + Self.lookAhead + 2, entries.count) - 1
        return min(lower, entries[from].point.at)..<max(upper, entries[to].point.at + 1)
    }

    /// Intervals so far around a span speak about it too.
    static let evidenceSeconds: Int64 = 86_400
}
