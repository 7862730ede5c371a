import MeterCore
import MeterEvents

/// What several days of a series amount to.
struct Usage: Sendable, Equatable {
    /// Days of windows of which at least half of the slots have a result that may be used.
    var days: Int64 = 0
    /// Slots of those windows.
    var expected: Int64 = 0
    var measured: Int64 = 0
    /// In billionths, of the used results.
    var sum: Int128 = 0
    /// The highest used result of an interval, in billionths.
    var highest = Int64.min

    mutating func add(_ window: WindowStatistics) {
        guard window.used * 2 >= Int(window.expected), window.used > 0 else { return }
        days += Int64(window.days)
        expected += Int64(window.expected)
        measured += Int64(window.measured)
        sum += Int128(window.sum)
        highest = max(highest, window.highest)
    }

    /// Share of the slots that is not measured, is at most so many percent (billionths).
    func isMeasured(exceptPercentBillionths limit: Int64) -> Bool {
        Int128(expected - measured) * 100 * Int128(Quantity.scale) <= Int128(limit) * Int128(expected)
    }

    /// Average daily usage, in billionths.
    var average: Int128 { days > 0 ? sum / Int128(days) : 0 }
}

extension WindowView {
    /// The days from `days` before this one to `toDays` before it.
    func usage(from days: Int64, to toDays: Int64) -> Usage {
        var usage = Usage()
        guard days >= toDays, toDays >= 1 else { return usage }
        for day in earlier(from: Int32(clamping: days), to: Int32(clamping: toDays)) { usage.add(day) }
        return usage
    }

    /// This window and the ones before it, `days` in all, or the window alone where it is longer.
    func currentUsage(days: Int64) -> Usage {
        var usage = usage(from: days - Int64(statistics.days), to: 1)
        usage.add(statistics)
        return usage
    }

    /// The `days` before those of `currentUsage(days: current)`.
    func referenceUsage(days: Int64, before current: Int64) -> Usage {
        let first = max(current - Int64(statistics.days), 0)
        return usage(from: first + days, to: first + 1)
    }

    /// Whether the window has the last day of a period of so many days. The first period began on Monday, 1970-01-05.
    func isEnd(ofPeriod days: Int64) -> Bool {
        let length = max(days, 1)
        let ends = (Int64(statistics.lastDate) - 3).flooredQuotient(length)
        return ends > (Int64(statistics.date) - 4).flooredQuotient(length)
    }

    /// The channel counts what the customer draws, as far as anyone knows.
    var isDelivered: Bool {
        switch registration?.kind {
        case .delivered, .unknown, nil: unit.isAccumulated
        default: false
        }
    }

    /// `value` in percent of `reference`, in billionths; `Int64.max` where the reference is not above zero.
    static func percentBillionths(_ value: Int128, of reference: Int128) -> Int64 {
        reference > 0 ? Int64(clamping: value * 100 * Int128(Quantity.scale) / reference) : .max
    }
}
