package import MeterCore

/// The slots of a day, or a part of them, as a rule on intervals sees them: what holds in each slot after a person's edits.
///
/// The arrays are those of the series and are not copied. A view must be gone before they are changed, or they are copied then.
package struct DayView: Sendable {
    /// In billionths of the unit; without meaning where there is no value.
    package var values: [Int64]
    /// `Quality.rawValue` or `SourceQuality.absent`. The highest bit is another's and is masked.
    package var qualities: [UInt8]
    /// `IntervalFlags.rawValue`; empty when no slot has any.
    package var flags: [UInt16]
    /// The elements of the arrays that are the view's slots.
    package var elements: Range<Int>
    /// Start of the first slot, seconds since 1970.
    package var start: Int64
    /// The local day, seconds since 1970.
    package var dayStart: Int64
    package var dayEnd: Int64
    package var intervalSeconds: Int64
    package var unit: MeasurementUnit
    /// The day is due. The rules of a whole day are judged only then, and the view must have all its slots.
    package var isClosed: Bool
    /// The last measured value before the first slot, with the start of its slot; nil where none is kept.
    package var previous: (start: Int64, value: Int64)?
    /// What a single value of the series may be.
    package var limits: SlotLimits
    /// Spans without power that touch the day, seconds since 1970, ascending, apart from each other.
    package var outages: [Range<Int64>]
    /// Spans under test that touch the day, in the same form.
    package var tests: [Range<Int64>]
    /// Instants at which the meter sent its previous registers once more (`StaleSnapshotRule`), ascending, seconds since 1970.
    package var staleAt: [Int64]
    /// The peaks of the closed windows before it that are of the same part of their day, as many days back as V19 says
    /// (`SpikeRule.historyDays`); nil where nothing is known of them.
    package var history: PeakHistory?
    package var statistics: DayStatistics

    package init(
        values: [Int64],
        qualities: [UInt8],
        flags: [UInt16] = [],
        elements: Range<Int>,
        start: Int64,
        dayStart: Int64,
        dayEnd: Int64,
        intervalSeconds: Int64,
        unit: MeasurementUnit,
        isClosed: Bool,
        previous: (start: Int64, value: Int64)? = nil,
        limits: SlotLimits,
        outages: [Range<Int64>] = [],
        tests: [Range<Int64>] = [],
        staleAt: [Int64] = [],
        history: PeakHistory? = nil
    ) {
        self.values = values
        self.qualities = qualities
        self.flags = flags
        self.elements = elements
        self.start = start
        self.dayStart = dayStart
        self.dayEnd = dayEnd
        self.intervalSeconds = intervalSeconds
        self.unit = unit
        self.isClosed = isClosed
        self.previous = previous
        self.limits = limits
        self.outages = outages
        self.tests = tests
        self.staleAt = staleAt
        self.history = history
        self.statistics = DayStatistics(values.span, qualities.span, flags.span, elements)
    }

    package var count: Int { elements.count }

    @inline(__always)
    package func value(_ slot: Int) -> Int64 { values[elements.lowerBound + slot] }

    @inline(__always)
    package func quality(_ slot: Int) -> UInt8 { qualities[elements.lowerBound + slot] & 0x7f }

    @inline(__always)
    package func flags(_ slot: Int) -> IntervalFlags {
        flags.isEmpty ? [] : IntervalFlags(rawValue: flags[elements.lowerBound + slot])
    }

    /// Start of a slot, seconds since 1970.
    @inline(__always)
    package func start(of slot: Int) -> Int64 { start + Int64(slot) * intervalSeconds }

    /// Whether an outage has a part of a slot.
    package func isOut(_ slot: Int) -> Bool {
        let from = start(of: slot)
        return flags(slot).contains(.powerFailed) || outages.touch(from..<from + intervalSeconds)
    }
}

extension [Range<Int64>] {
    /// Whether one of the ranges has a part of `span`.
    @inlinable
    package func touch(_ span: Range<Int64>) -> Bool {
        for range in self where range.overlaps(span) { return true }
        return false
    }
}
