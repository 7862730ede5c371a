import MeterCore

/// What is remembered of a closed window of a series for the rules on windows: counts and sums of its results.
package struct WindowStatistics: Sendable, Equatable {
    /// The local date, days since 1970-01-01; the first one of a window of several days.
    package var date: Int32
    /// Local dates that the window has a part of.
    package var days: Int32
    /// Length of the window.
    package var daySeconds: Int32
    /// Slots of the window.
    package var expected: UInt16 = 0
    /// Results that are measured and used.
    package var measured: UInt16 = 0
    /// Results that are estimated, by the source or here.
    package var estimated: UInt16 = 0
    /// Those of them that are extrapolated.
    package var projected: UInt16 = 0
    package var failed: UInt16 = 0
    package var missing: UInt16 = 0
    /// Measured results of zero.
    package var zeros: UInt16 = 0
    /// The longest run of measured zeros: start after the day's start and length.
    package var longestZeroStart: Int32 = 0
    package var longestZeroSeconds: Int32 = 0
    /// The longest run of measured values above zero.
    package var longestUseStart: Int32 = 0
    package var longestUseSeconds: Int32 = 0
    /// Time without power within the day.
    package var outageSeconds: Int32 = 0
    /// Sum of all used results, estimates among them, cut at the ends of `Int64`.
    package var sum: Int64 = 0
    /// The highest and the least used result; both 0 without any.
    package var highest: Int64 = 0
    package var least: Int64 = 0

    package init(date: Int32, days: Int32 = 1, daySeconds: Int32) {
        self.date = date
        self.days = days
        self.daySeconds = daySeconds
    }

    /// Counts what another grid of the channel has in the window.
    package mutating func add(
        measured more: UInt32,
        estimated moreEstimated: UInt32,
        failed moreFailed: UInt32,
        missing moreMissing: UInt32,
        sum moreSum: Int64,
        range: ClosedRange<Int64>?
    ) {
        func total(_ one: UInt16, _ other: UInt32) -> UInt16 { UInt16(clamping: UInt64(one) + UInt64(other)) }
        expected = total(expected, more + moreEstimated + moreFailed + moreMissing)
        let wasUsed = used > 0
        measured = total(measured, more)
        estimated = total(estimated, moreEstimated)
        failed = total(failed, moreFailed)
        missing = total(missing, moreMissing)
        let (added, overflow) = sum.addingReportingOverflow(moreSum)
        sum = overflow ? (moreSum < 0 ? .min : .max) : added
        guard let range else { return }
        highest = wasUsed ? max(highest, range.upperBound) : range.upperBound
        least = wasUsed ? min(least, range.lowerBound) : range.lowerBound
    }

    package var dates: Range<Int32> { date..<date + max(days, 1) }
    package var lastDate: Int32 { date + max(days, 1) - 1 }
    /// Results that may be used.
    package var used: Int { Int(measured) + Int(estimated) }
    /// All slots have a result that may be used.
    package var isWhole: Bool { expected > 0 && used == Int(expected) }
    /// Most of what is used is estimated.
    package var isEstimated: Bool { estimated > measured }
}

extension WindowStatistics {
    /// The statistics of a day's results.
    ///
    /// - Parameters:
    ///   - values: Results in billionths, one for each slot in `range`.
    ///   - qualities: `Quality.rawValue` of the results, or `SourceQuality.absent` where there is no result.
    ///   - firstStart: Start of the first slot after the day's start, seconds.
    package init(
        date: Int32,
        days: Int32 = 1,
        daySeconds: Int32,
        _ values: Span<Int64>,
        _ qualities: Span<UInt8>,
        _ range: Range<Int>,
        expected: Int,
        firstStart: Int32,
        intervalSeconds: Int32
    ) {
        self.init(date: date, days: days, daySeconds: daySeconds)
        self.expected = UInt16(clamping: expected)
        var zeroRun: Int32 = 0
        var useRun: Int32 = 0
        var highest = Int64.min
        var least = Int64.max
        var end = firstStart
        for index in range {
            end += intervalSeconds
            let quality = qualities[index] & 0x7f
            let isMeasured = SourceQuality.isMeasured(quality)
            let value = values[index]
            if isMeasured {
                measured += 1
            } else {
                zeroRun = 0
                useRun = 0
                switch quality {
                case SourceQuality.withdrawn: continue
                case Quality.missing.rawValue, SourceQuality.absent:
                    missing += 1
                    continue
                case Quality.failed.rawValue:
                    failed += 1
                    continue
                default:
                    estimated += 1
                    if quality == Quality.projected.rawValue { projected += 1 }
                }
            }
            let (total, overflow) = sum.addingReportingOverflow(value)
            sum = overflow ? (value < 0 ? .min : .max) : total
            highest = max(highest, value)
            least = min(least, value)
            guard isMeasured else { continue }
            if value == 0 {
                zeros += 1
                useRun = 0
                zeroRun += intervalSeconds
                if zeroRun > longestZeroSeconds {
                    longestZeroSeconds = zeroRun
                    longestZeroStart = end - zeroRun
                }
            } else {
                zeroRun = 0
                useRun = value > 0 ? useRun + intervalSeconds : 0
                if useRun > longestUseSeconds {
                    longestUseSeconds = useRun
                    longestUseStart = end - useRun
                }
            }
        }
        if highest >= least {
            self.highest = highest
            self.least = least
        }
    }
}
