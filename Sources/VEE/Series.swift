import MeterCore
import MeterEvents
import RuleSets

/// One channel of one meter with one interval length and phase: the slots of the kept history and what was decided about them.
///
/// Times of a series of daily values are on the wall clock of the meter's zone, read as if it were UTC, so that its days follow one another
/// every 86,400 s; `instant` tells when that really is. Those of all others are seconds since 1970.
///
/// Everything that was decided is a function of what holds in the slots (`Standing`), of what is known of the meter (`MeterFacts`), of
/// the span of data known (`firstKnown`, `dataEnd`), and of which days are closed; none of it depends on the order in which the
/// data came. Only a lock does: it holds what stood when it came.
struct Series: Sendable {
    // What it is.
    let meter: Int
    let channel: String
    let unit: MeasurementUnit
    let intervalSeconds: Int64
    /// Slot starts modulo the interval length.
    let phase: Int64

    // What came.
    /// The newer slots.
    var slots = SlotStore()
    /// The older ones, directly before.
    var cold = ColdSlots()
    /// The raw events that hold in `slots`.
    var references: [Reference] = []
    /// Words of other sources that don't hold, ascending by slot, then by source.
    var rivals: [Rival] = []
    /// `references` is cleaned when it gets this long.
    var referenceLimit = Series.leastReferenceLimit
    /// The first and one past the last slot that anything was ever said about.
    var firstKnown: Int64 = .max
    var dataEnd: Int64 = .min
    /// The same of its own data alone; `firstKnown`, `dataEnd` and `expectedUntil` also follow the channel's other series.
    var own = KnownSpan()
    /// The latest receive time of any of its data, ms since 1970.
    var lastArrivalMilliseconds: Int64 = .min
    /// Days that start before this are expected to have data although none came (seconds since 1970).
    var expectedUntil: Int64 = .min
    /// Which part of the channel's time is another series'.
    var sharing = Sharing()
    /// The days that it has data for, as far as storms are concerned.
    var reported = ReportedDays()

    // What was decided.
    /// All days that end by this are closed (seconds since 1970; a day's start).
    var closedThrough: Int64 = .min
    /// Slots below were forgotten; `Int64.min` while all are kept.
    var forgottenBelow: Int64 = .min
    /// No version or window below `forgottenBelow` has a higher revision.
    var forgottenRevision: UInt32 = 0
    /// No window that was taken back has a higher revision.
    var withdrawnRevision: UInt32 = 0
    /// Starts of closed windows of which V19 asked the peaks of the windows before, ascending.
    var peakDays: [Int64] = []
    /// What the rules on intervals found, ascending by slot.
    var findings: [SlotFinding] = []
    /// Locked slots that would now have another value, ascending by slot.
    var corrections: [SlotFinding] = []
    /// Closed days, ascending.
    var windows: [WindowRecord] = []
    /// What rules on windows need to know of `windows`, element by element.
    var statistics: [WindowStatistics] = []
    var exceptions: [OpenException] = []

    // What follows from the rest.
    /// By entry of the timeline.
    var adopted: [AdoptedRules] = []
    /// Days that were decided and not yet reviewed and put out, ascending by start. Empty between records.
    var pending: [PendingDay] = []
    /// Days were closed since `tidy`.
    var hasClosed = false
    /// What became of the values of the block in hand, until it is put out. Empty between records.
    var fates: [BlockFate] = []
    /// Set in the copy that judges data from beyond the history: what is known is just these slots.
    var isolation: Isolation?

    static let leastReferenceLimit = 256
    /// Slots that are this much older than the newest are packed.
    static let hotSeconds: Int64 = 3 * 86_400

    init(meter: Int, channel: String, unit: MeasurementUnit, intervalSeconds: Int64, phase: Int64) {
        self.meter = meter
        self.channel = channel
        self.unit = unit
        self.intervalSeconds = intervalSeconds
        self.phase = phase
    }

    /// Where a value came from.
    struct Reference: Sendable, Equatable {
        var raw: RawReference
        /// The source's own version, 0 when it has none.
        var sourceVersion: Int64
        /// Hash of who sent it: versions are compared within one source.
        var source: UInt32 = 0
        /// The source calls it final.
        var isFinal = false
        /// Seconds by which the source's stamps were after (or before) the grid that the values were put on.
        var shiftSeconds: Int16 = 0
    }

    /// What another source than the one that holds says about a slot.
    struct Rival: Sendable, Equatable {
        var slot: Int64
        var value: Int64
        /// `Quality.rawValue`.
        var quality: UInt8
        /// `IntervalFlags.rawValue`.
        var flags: UInt16
        var reference: Reference
    }

    /// What a rule said about slots `first ..< first + count`, all of one day.
    struct SlotFinding: Sendable, Equatable {
        var first: Int64
        var count: Int32
        var rule: UInt32
        var severity: Severity
        var effect: Effect
        var observedBillionths: Int64
        var limitBillionths: Int64

        var slots: Range<Int64> { first..<first + Int64(count) }
    }

    /// The last state of a closed window that went out, and what decides whether it must be looked at again.
    struct WindowRecord: Sendable, Equatable {
        var start: Int64
        var end: Int64
        var expected: UInt32
        var validated: UInt32
        var estimated: UInt32
        var failed: UInt32
        var missing: UInt32
        /// 0 before anything went out.
        var revision: UInt32
        var sumBillionths: Int64
        /// Of the values that failed.
        var failedSumBillionths: Int64 = 0
        /// `Severity.rawValue`, 0 for none.
        var grade: UInt8
        /// It has gaps, filled or not.
        var hasGaps: Bool
        /// All of its slots are in a gap.
        var isAllGap: Bool
        /// Earlier days had a part in its estimates, or could have had.
        var leansOnHistory: Bool
        /// Its gaps are not estimated before a storm is over.
        var isWaiting = false
    }

    struct AdoptedRules: Sendable {
        let rules: ResolvedRules
        let limits: SlotLimits
    }

    /// A day whose results changed.
    struct PendingDay: Sendable {
        var day: LocalDay
        /// Runs of slots with a new version.
        var runs: [Range<Int64>]
        /// Its statistics are others than before.
        var isRecounted: Bool
    }

    struct Isolation: Sendable {
        /// The slots that are known.
        var slots: Range<Int64>
        /// Nothing of the channel was known so early: what the block leaves out is really missing.
        var isVirgin: Bool
    }

    // MARK: Slots and time

    @inline(__always)
    func start(of slot: Int64) -> Int64 { slot * intervalSeconds + phase }

    /// The first slot that starts at an instant or after it.
    @inline(__always)
    func firstSlot(from seconds: Int64) -> Int64 {
        -(phase - seconds).flooredQuotient(intervalSeconds)
    }

    func slots(of day: LocalDay) -> Range<Int64> {
        firstSlot(from: day.start)..<firstSlot(from: day.end)
    }

    func slots(of seconds: Range<Int64>) -> Range<Int64> {
        let lower = (seconds.lowerBound - phase).flooredQuotient(intervalSeconds)
        return lower..<max(lower, firstSlot(from: seconds.upperBound))
    }

    /// Daily values follow the local calendar.
    var isDaily: Bool { intervalSeconds == 86_400 }

    /// When a time of the series really is, seconds since 1970.
    @inline(__always)
    func instant(_ seconds: Int64, _ context: FoldContext) -> Int64 {
        isDaily ? WallClock.instant(seconds, context.wall) : seconds
    }

    /// The time of the series at an instant.
    @inline(__always)
    func time(_ instant: Int64, _ context: FoldContext) -> Int64 {
        isDaily ? WallClock.time(instant, context.wall) : instant
    }

    /// The first slot that is kept, at hand or cold.
    var keptBase: Int64 { cold.base ?? slots.base }
    var isEmpty: Bool { slots.isEmpty && cold.isEmpty }
    /// The end of the newest interval.
    var dataEndSeconds: Int64 { start(of: dataEnd) }

    /// Whether all slots of a range are kept, as far as there ever were any.
    func isWhole(_ range: Range<Int64>) -> Bool {
        if let isolation {
            return isolation.slots.lowerBound <= range.lowerBound && isolation.slots.upperBound >= range.upperBound
        }
        return range.lowerBound >= forgottenBelow
    }

    // MARK: Hot and cold

    /// Brings the cold days that have slots from `slot` on to hand.
    mutating func thaw(from slot: Int64) {
        guard let end = cold.end, slot < end, let base = cold.base else { return }
        guard let first = cold.piece(at: max(slot, base)) else { return }
        var thawed = SlotStore(base: cold.pieces[first].first)
        for piece in first..<cold.pieces.count {
            thawed.append(cold.read(piece, &references))
        }
        thawed.append(slots)
        slots = thawed
        cold.removeAll(from: first)
        referenceLimit = max(referenceLimit, 2 * references.count)
    }

    /// Packs the local days of the closed windows that end by an instant.
    mutating func freeze(through seconds: Int64, _ calendar: inout DayCalendar) {
        guard !slots.isEmpty else { return }
        let edge = firstSlot(from: calendar.day(at: min(seconds, closedThrough)).start)
        guard edge > slots.base else { return }
        // By local days, however long windows are: what is read again is mostly one day.
        var day = calendar.comparedDay(at: start(of: slots.base))
        while true {
            let upper = min(firstSlot(from: day.end), slots.end)
            guard upper <= edge else { break }
            let lower = max(firstSlot(from: day.start), slots.base)
            if lower < upper {
                cold.append(slots, Int(lower - slots.base)..<Int(upper - slots.base), references)
                slots.removeBelow(upper)
            }
            if slots.isEmpty || upper >= edge { break }
            day = calendar.comparedDay(at: day.end)
        }
        cleanReferences()
    }

    // MARK: What a source's quality means

    @inline(__always)
    static func isMeasured(_ quality: UInt8) -> Bool {
        switch quality {
        case Quality.raw.rawValue, Quality.questionable.rawValue, Quality.verified.rawValue, Quality.validated.rawValue,
            Quality.edited.rawValue, Quality.revenue.rawValue:
            true
        default: false
        }
    }

    static func isEstimated(_ quality: UInt8) -> Bool {
        Quality(rawValue: quality)?.isEstimated ?? false
    }
}
