import MeterCore
import MeterEvents
import RuleSets

/// Settles, window by window, which of the series of a channel has which part of the time: of one channel no two readings in force overlap.
///
/// The series are ranked: finer intervals first; of equal length the one with more values in the window; then the one on multiples of
/// `gcd(length, 900)`; then the earlier phase. In this order a value is in force when it overlaps none of those before it. The first series with
/// values speaks for the window: what is missing is missing in its grid. For a window without values that is the one of the window before.
struct GridResolver {
    /// A window of one series.
    struct View {
        var intervalSeconds: Int64
        var phase: Int64
        /// The window on the clock of the series.
        var time: Range<Int64>
        /// The slots that begin in it.
        var slots: Range<Int64>
        /// The kept ones of them begin with this one.
        var first: Int64
        var values: [Int64]
        /// Has a value, whatever the rules say of it.
        var has: [Bool]
        /// A part of a longer value: says nothing about finer ones. Empty when none is.
        var isShare: [Bool] = []
        /// When the kept slots begin, and when the last one ends, seconds since 1970.
        var starts: [Int64]
        /// Locked: stands before everything else. Empty when nothing is.
        var isFrozen: [Bool] = []

        var hasAny: Bool { has.contains(true) }
        var frozenSpans: [Range<Int64>] { isFrozen.indices.filter { isFrozen[$0] }.map(span) }
        func span(_ index: Int) -> Range<Int64> { starts[index]..<max(starts[index], starts[index + 1]) }
    }

    /// What a series has of a window.
    struct Share {
        var covered: [Range<Int64>] = []
        var isFollower = true
        var totals: [Sharing.Total] = []
        var marks: [Series.SlotFinding] = []
    }

    /// Time that readings in force hold, ascending.
    private struct Held {
        var span: Range<Int64>
        var intervalSeconds: Int64
    }

    /// Time of readings in force that began before the window to come and end in it.
    var carry: [Range<Int64>]
    /// Time that is told as missing, from a slot that begins in the window before and ends in it.
    var emptyCarry: Range<Int64>?
    /// Time of locked readings that begin in the next window: nothing of this one reaches into it.
    var frozenAhead: [Range<Int64>] = []
    /// The place of the series that spoke for the last window.
    var leader: Int?
    private(set) var shares: [Share] = []
    private var held: [Held] = []

    init(carry: [Range<Int64>]) {
        self.carry = carry
    }

    mutating func settle(_ views: [View], end: Int64, isAccumulated: Bool) {
        shares = Array(repeating: Share(), count: views.count)
        held = (carry + frozenAhead).map { Held(span: $0, intervalSeconds: 0) }
        let order = Self.order(views)
        var inForce = views.map { Array(repeating: false, count: $0.has.count) }
        for place in order where !views[place].isFrozen.isEmpty {
            take(views[place], &inForce[place]) { views[place].isFrozen[$0] }
        }
        var refused: [(place: Int, index: Int, isSameLength: Bool)] = []
        for place in order where views[place].hasAny {
            let view = views[place]
            for index in view.has.indices where view.has[index] && !inForce[place][index] {
                if let holder = holder(of: view.span(index)) {
                    refused.append((place, index, holder.intervalSeconds == view.intervalSeconds))
                }
            }
            take(view, &inForce[place]) { view.has[$0] }
        }
        if let first = order.first(where: { views[$0].hasAny }) { leader = first }
        let speaker = leader ?? order.first ?? 0
        for place in views.indices {
            cover(place, views[place], inForce[place], isSpeaker: place == speaker)
        }
        carryEmpty(views[speaker], speaker, end)
        for item in refused {
            tell(item.place, item.index, item.isSameLength, views, inForce, speaker, isAccumulated)
        }
        carry = held.filter { $0.span.upperBound > end && $0.span.lowerBound < end }.map(\.span)
        frozenAhead = []
    }

    /// When the first reading in force begins that begins in the window.
    func firstHeld(from start: Int64) -> Int64? {
        held.first { $0.span.lowerBound >= start }?.span.lowerBound
    }

    /// Shares of a window whose last slots without a value leave room for the first reading in force of the next window.
    static func leaving(_ first: Int64?, _ shares: [Share], _ views: [View]) -> [Share] {
        guard let first else { return shares }
        var shares = shares
        for (place, view) in views.enumerated() {
            guard let index = view.has.indices.last, !view.has[index], view.span(index).upperBound > first else {
                continue
            }
            var covered = SpanSet(shares[place].covered)
            let slot = view.first + Int64(index)
            covered.insert(slot..<slot + 1)
            shares[place].covered = covered.spans
        }
        return shares
    }

    private static func order(_ views: [View]) -> [Int] {
        let counts = views.map { view in view.has.reduce(0) { $0 + ($1 ? 1 : 0) } }
        func isOff(_ view: View) -> Bool {
            view.phase % BlockPlacement.commonDivisor(view.intervalSeconds, 900) != 0
        }
        return views.indices.sorted { one, other in
            let (left, right) = (views[one], views[other])
            if left.intervalSeconds != right.intervalSeconds { return left.intervalSeconds < right.intervalSeconds }
            if counts[one] != counts[other] { return counts[one] > counts[other] }
            if isOff(left) != isOff(right) { return isOff(right) }
            return left.phase < right.phase
        }
    }

    /// Puts the values of a series that overlap nothing in force.
    private mutating func take(_ view: View, _ inForce: inout [Bool], _ isOffered: (Int) -> Bool) {
        var new: [Held] = []
        for index in view.has.indices where isOffered(index) && !inForce[index] && holder(of: view.span(index)) == nil {
            inForce[index] = true
            new.append(Held(span: view.span(index), intervalSeconds: view.intervalSeconds))
        }
        guard !new.isEmpty else { return }
        held.append(contentsOf: new)
        held.sort { $0.span.lowerBound < $1.span.lowerBound }
    }

    /// What holds a part of a time; nil when nothing does.
    private func holder(of span: Range<Int64>) -> Held? {
        var low = 0
        var high = held.count
        while low < high {
            let middle = (low + high) / 2
            if held[middle].span.upperBound <= span.lowerBound { low = middle + 1 } else { high = middle }
        }
        guard low < held.count, held[low].span.lowerBound < span.upperBound else { return nil }
        return held[low]
    }

    /// What has no result in a series: of the one that speaks for the window whatever others hold, of the others all but what is in force.
    private mutating func cover(_ place: Int, _ view: View, _ inForce: [Bool], isSpeaker: Bool) {
        var covered = SpanSet()
        if !isSpeaker { covered.insert(view.slots) }
        for index in view.has.indices {
            let slot = view.first + Int64(index)
            if inForce[index] {
                covered.remove(slot..<slot + 1)
            } else if isSpeaker, view.has[index] || holder(of: view.span(index)) != nil {
                covered.insert(slot..<slot + 1)
            }
        }
        shares[place].covered = covered.spans
        shares[place].isFollower = !isSpeaker
    }

    /// What an empty slot of the window before reaches into is not told as missing again. Notes the empty slot that ends after this window.
    private mutating func carryEmpty(_ view: View, _ speaker: Int, _ end: Int64) {
        var covered = SpanSet(shares[speaker].covered)
        if let empty = emptyCarry, firstHeld(from: empty.lowerBound + 1) ?? .max >= empty.upperBound {
            for index in view.has.indices where !view.has[index] && view.span(index).overlaps(empty) {
                let slot = view.first + Int64(index)
                covered.insert(slot..<slot + 1)
            }
            shares[speaker].covered = covered.spans
        }
        emptyCarry = nil
        guard let index = view.has.indices.last, !view.has[index], view.span(index).upperBound > end,
            !covered.contains(view.first + Int64(index))
        else { return }
        emptyCarry = view.span(index)
    }

    /// Tells of a value that is not in force, or lets it say what finer values leave missing.
    private mutating func tell(
        _ place: Int,
        _ index: Int,
        _ isSameLength: Bool,
        _ views: [View],
        _ inForce: [[Bool]],
        _ speaker: Int,
        _ isAccumulated: Bool
    ) {
        let view = views[place]
        let slot = view.first + Int64(index)
        if isSameLength {
            mark(place, slot, GridRule.heldNumber, 0, 0)
            return
        }
        let finer = views[speaker]
        let span = view.span(index)
        guard isAccumulated, place != speaker, finer.intervalSeconds < view.intervalSeconds,
            let lower = finer.starts.firstIndex(of: span.lowerBound),
            let upper = finer.starts.firstIndex(of: span.upperBound), lower < upper
        else { return }
        var missing = 0
        for part in lower..<upper where !inForce[speaker][part] && holder(of: finer.span(part)) == nil { missing += 1 }
        guard let sum = sum(of: span, views, inForce) else { return }
        let isShare = !view.isShare.isEmpty && view.isShare[index]
        if missing == 0 || sum.all > Int128(view.values[index]) {
            guard !isShare, GridRule.contradicts(view.values[index], sum.all) else { return }
            mark(place, slot, GridRule.totalNumber, view.values[index], Int64(clamping: sum.all))
        } else {
            // The speaker's own values are subtracted where what is missing is estimated.
            let rest = Int128(view.values[index]) - sum.all + sum.of[speaker]
            let slots = finer.first + Int64(lower)..<finer.first + Int64(upper)
            let isShared = shares[speaker].totals.contains { $0.slots.overlaps(slots) }
            guard !isShared, let value = Int64(exactly: rest) else { return }
            shares[speaker].totals.append(Sharing.Total(slots: slots, value: value, isShare: isShare))
        }
    }

    /// The sum of what is in force of a time, all in all and by series; nil when something reaches over its ends.
    private func sum(of span: Range<Int64>, _ views: [View], _ inForce: [[Bool]]) -> (all: Int128, of: [Int128])? {
        var sums = [Int128](repeating: 0, count: views.count)
        var seconds: Int64 = 0
        for (place, view) in views.enumerated() {
            for part in view.has.indices where inForce[place][part] && view.span(part).overlaps(span) {
                sums[place] += Int128(view.values[part])
                seconds += Int64(view.span(part).clamped(to: span).count)
                guard span.lowerBound <= view.starts[part], view.starts[part + 1] <= span.upperBound else { return nil }
            }
        }
        var held: Int64 = 0
        for item in self.held where item.span.overlaps(span) { held += Int64(item.span.clamped(to: span).count) }
        // What holds from the window before, or locked in the next one, is none of the views'.
        return held == seconds ? (sums.reduce(0, +), sums) : nil
    }

    private mutating func mark(_ place: Int, _ slot: Int64, _ rule: UInt32, _ observed: Int64, _ limit: Int64) {
        shares[place].marks.append(
            Series.SlotFinding(
                first: slot,
                count: 1,
                rule: rule,
                severity: .warn,
                effect: .note,
                observedBillionths: observed,
                limitBillionths: limit
            )
        )
    }
}

extension Series {
    /// Takes what it has of a window. Returns the window's slots when that is something else than before.
    mutating func share(_ new: GridResolver.Share, _ view: GridResolver.View) -> Range<Int64>? {
        var isChanged = sharing.covered.replace(in: view.slots, with: new.covered)
        if sharing.followed.replace(in: view.time, with: new.isFollower ? [view.time] : []) { isChanged = true }
        let lower = sharing.totals.firstIndex { $0.slots.lowerBound >= view.slots.lowerBound } ?? sharing.totals.count
        let upper = sharing.totals.firstIndex { $0.slots.lowerBound >= view.slots.upperBound } ?? sharing.totals.count
        let totals = new.totals.sorted { $0.slots.lowerBound < $1.slots.lowerBound }
        if Array(sharing.totals[lower..<upper]) != totals {
            sharing.totals.replaceSubrange(lower..<upper, with: totals)
            isChanged = true
        }
        let from = sharing.marks.firstIndex { $0.first >= view.slots.lowerBound } ?? sharing.marks.count
        let to = sharing.marks.firstIndex { $0.first >= view.slots.upperBound } ?? sharing.marks.count
        let marks = new.marks.sorted { ($0.first, $0.rule) < ($1.first, $1.rule) }
        if Array(sharing.marks[from..<to]) != marks {
            sharing.marks.replaceSubrange(from..<to, with: marks)
            isChanged = true
        }
        return isChanged ? view.slots : nil
    }

    /// Beyond the channel's newest data one series speaks for all windows.
    mutating func shareRest(from seconds: Int64, isSpeaker: Bool) {
        let slots = firstSlot(from: seconds)..<Int64.max / 2
        _ = sharing.covered.replace(in: slots, with: isSpeaker ? [] : [slots])
        let time = seconds..<Int64.max / 2
        _ = sharing.followed.replace(in: time, with: isSpeaker ? [] : [time])
    }

    /// Which of the kept slots of a range are locked: with what went out for them, or so that nothing comes out. Both empty when none is.
    func locks(_ range: Range<Int64>, _ facts: MeterFacts) -> (isFrozen: [Bool], isBarred: [Bool]) {
        var isFrozen: [Bool] = []
        var isBarred: [Bool] = []
        var slot = range.lowerBound
        func note(_ result: SlotResult, _ slot: Int64) {
            let isLocked = isLocked(slot, facts)
            isFrozen.append(isLocked && result.hasValue)
            isBarred.append(isLocked && !result.hasValue)
        }
        while slot < range.upperBound {
            if let piece = cold.piece(at: slot) {
                var unused: [Reference] = []
                let store = cold.read(piece, &unused)
                let end = min(range.upperBound, store.end)
                for each in slot..<end { note(SlotResult(store, Int(each - store.base)), each) }
                slot = end
            } else {
                note(SlotResult(slots, Int(slot - slots.base)), slot)
                slot += 1
            }
        }
        return (isFrozen.contains(true) ? isFrozen : [], isBarred.contains(true) ? isBarred : [])
    }
}
