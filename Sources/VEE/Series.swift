import MeterCore
import MeterEvents

/// One channel of one meter with one interval length: the slots of the kept history and what was decided about them.
///
/// Everything that was decided is a function of what holds in the slots (`Standing`), of the span of data known (`firstKnown`,
/// `dataEnd`), and of which days are closed; none of it depends on the order in which the data came.
struct Series: Sendable {
    // What it is.
    let meter: Int
    let channel: String
    let unit: MeasurementUnit
    let intervalSeconds: Int64
    /// Slot starts modulo the interval length.
    let phase: Int64

    // What came.
    var slots = SlotStore()
    /// The raw events that hold in slots.
    var references: [Reference] = []
    /// `references` is cleaned when it gets this long.
    var referenceLimit = Series.leastReferenceLimit
    /// The first and one past the last slot that anything was ever said about.
    var firstKnown: Int64 = .max
    var dataEnd: Int64 = .min
    /// The latest receive time of any of its data, ms since 1970.
    var lastArrivalMilliseconds: Int64 = .min
    /// Days that start before this are expected to have data although none came (seconds since 1970).
    var expectedUntil: Int64 = .min

    // What was decided.
    /// All days that end by this are closed (seconds since 1970; a day's start).
    var closedThrough: Int64 = .min
    /// Slots below were forgotten; `Int64.min` while all are kept.
    var forgottenBelow: Int64 = .min
    /// No version or window below `forgottenBelow` has a higher revision.
    var forgottenRevision: UInt32 = 0
    /// No window that was taken back has a higher revision.
    var withdrawnRevision: UInt32 = 0
    var spikes: [SpikeMark] = []
    var windows: [WindowRecord] = []
    var exceptions: [OpenException] = []

    /// A bit for every rule set of the timeline under which negative values fail. Follows from channel, unit and timeline.
    var failsNegative: UInt64 = 0
    /// Set in the copy that judges data from beyond the history: what is known is just these slots.
    var isolation: Isolation?

    static let leastReferenceLimit = 256

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
    }

    struct SpikeMark: Sendable, Equatable {
        var slot: Int64
        var severity: Severity
        var observedBillionths: Int64
        var limitBillionths: Int64
    }

    /// The last state of a closed window that went out.
    struct WindowRecord: Sendable, Equatable {
        var start: Int64
        var end: Int64
        var expected: UInt32
        var validated: UInt32
        var estimated: UInt32
        var failed: UInt32
        var missing: UInt32
        var revision: UInt32
        var sumBillionths: Int64
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

    /// The end of the newest interval.
    var dataEndSeconds: Int64 { start(of: dataEnd) }

    /// Whether all slots of a range are kept, as far as there ever were any.
    func isWhole(_ range: Range<Int64>) -> Bool {
        if let isolation {
            return isolation.slots.lowerBound <= range.lowerBound && isolation.slots.upperBound >= range.upperBound
        }
        return range.lowerBound >= forgottenBelow
    }

    // MARK: What a source's quality means

    /// Whether a value with this quality of the source is put to the interval checks.
    @inline(__always)
    static func isChecked(_ quality: UInt8) -> Bool {
        quality == Quality.raw.rawValue || quality == Quality.validated.rawValue
            || quality == Quality.questionable.rawValue
    }

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

    /// Whether a slot fails the interval checks under the rule set with the given index.
    @inline(__always)
    func failsNegative(_ value: Int64, _ quality: UInt8, _ rules: Int) -> Bool {
        value < 0 && failsNegative & (1 << UInt64(truncatingIfNeeded: rules)) != 0 && Self.isChecked(quality)
    }

    /// Must be called whenever the timeline changes.
    mutating func adopt(_ timeline: RuleTimeline) {
        failsNegative = 0
        guard unit.isAccumulated else { return }
        for index in timeline.entries.indices
        where timeline.entries[index].rules.negative.applies(toChannel: channel) {
            failsNegative |= 1 << UInt64(index)
        }
    }
}
