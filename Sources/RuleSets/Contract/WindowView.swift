package import MeterCore
package import MeterEvents

/// What a rule says about a whole day of a series. It never changes a value: it opens an exception and grades the window.
package struct WindowFinding: Sendable, Equatable {
    package var rule: UInt32
    package var severity: Severity
    package var observedBillionths: Int64
    package var limitBillionths: Int64

    package init(rule: UInt32, severity: Severity, observedBillionths: Int64, limitBillionths: Int64) {
        self.rule = rule
        self.severity = severity
        self.observedBillionths = observedBillionths
        self.limitBillionths = limitBillionths
    }
}

/// Another series of the same meter in the same window.
package struct SiblingWindow: Sendable, Equatable {
    package var channel: String
    package var unit: MeasurementUnit
    package var intervalSeconds: Int64
    package var registration: ChannelRegistration?
    package var statistics: WindowStatistics

    package init(
        channel: String,
        unit: MeasurementUnit,
        intervalSeconds: Int64,
        registration: ChannelRegistration? = nil,
        statistics: WindowStatistics
    ) {
        self.channel = channel
        self.unit = unit
        self.intervalSeconds = intervalSeconds
        self.registration = registration
        self.statistics = statistics
    }
}

/// A closed window of a series, mostly a local day, as a rule on windows sees it. All of it is remembered, so that the window can be judged
/// again when another one changes.
package struct WindowView: Sendable {
    package var channel: String
    package var unit: MeasurementUnit
    package var intervalSeconds: Int64
    /// The window, seconds since 1970.
    package var start: Int64
    package var end: Int64
    package var statistics: WindowStatistics
    /// Remembered windows of the series, ascending by date. The window itself and later ones may be among them and are passed over.
    package var history: [WindowStatistics]
    /// Days before the day that the rules may look at, whatever they ask for: what is remembered beyond must not count, or it would
    /// matter when something is forgotten.
    package var lookBackDays: Int32
    package var siblings: [SiblingWindow]
    package var registration: ChannelRegistration?
    package var meter: MeterRegistration?
    /// Neighbouring readings of the registers of the channel, of all rates, whose later reading is in `(start, end]`.
    package var registers: [RegisterSpan]
    /// Moments within the window at which the device reported energy in reverse, seconds since 1970.
    package var reversals: [Int64]

    package init(
        channel: String,
        unit: MeasurementUnit,
        intervalSeconds: Int64,
        start: Int64,
        end: Int64,
        statistics: WindowStatistics,
        history: [WindowStatistics] = [],
        lookBackDays: Int32 = 42,
        siblings: [SiblingWindow] = [],
        registration: ChannelRegistration? = nil,
        meter: MeterRegistration? = nil,
        registers: [RegisterSpan] = [],
        reversals: [Int64] = []
    ) {
        self.channel = channel
        self.unit = unit
        self.intervalSeconds = intervalSeconds
        self.start = start
        self.end = end
        self.statistics = statistics
        self.history = history
        self.lookBackDays = lookBackDays
        self.siblings = siblings
        self.registration = registration
        self.meter = meter
        self.registers = registers
        self.reversals = reversals
    }

    /// The remembered windows that end on a date from `days` before this one's first to `toDays` before it (both at least 1), ascending.
    package func earlier(from days: Int32, to toDays: Int32 = 1) -> ArraySlice<WindowStatistics> {
        let lower = firstIndex(from: statistics.date - min(days, lookBackDays))
        return history[lower..<max(lower, firstIndex(from: statistics.date - toDays + 1))]
    }

    /// The window that ends on the date `days` before this one's first; nil where it is not known.
    package func earlier(_ days: Int32) -> WindowStatistics? {
        guard days <= lookBackDays else { return nil }
        let index = firstIndex(from: statistics.date - days)
        return index < history.count && history[index].lastDate == statistics.date - days ? history[index] : nil
    }

    /// Days of this window and of those directly before it, as long as they are all alike and known, `limit` at least when they reach it.
    func days(upTo limit: Int64 = .max, while isAlike: (WindowStatistics) -> Bool) -> Int64 {
        guard isAlike(statistics) else { return 0 }
        var before: Int64 = 0
        while before + Int64(statistics.days) < limit, let window = earlier(Int32(clamping: before + 1)),
            isAlike(window)
        {
            before += Int64(window.days)
        }
        return before + Int64(statistics.days)
    }

    /// The first remembered window that ends on a date or after it.
    private func firstIndex(from date: Int32) -> Int {
        var low = 0
        var high = history.count
        while low < high {
            let middle = (low + high) / 2
            if history[middle].lastDate < date { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
