package import MeterCore

/// One pass over the slots of a day. Lets nearly every rule decide that there is nothing to find without a look at a slot.
package struct DayStatistics: Sendable, Equatable {
    /// A run of slots with the same measured value.
    package struct Run: Sendable, Equatable {
        /// Index of its first slot.
        package var first: Int32 = 0
        package var count: Int32 = 0
    }

    package var count: Int32 = 0
    /// Slots with a measured value.
    package var measured: Int32 = 0
    /// Slots without a record.
    package var absent: Int32 = 0
    /// Slots that the source called missing or failed.
    package var missing: Int32 = 0
    /// Slots with a value that the source estimated, projected or derived.
    package var estimated: Int32 = 0
    /// Sum of the measured values, cut at the ends of `Int64`.
    package var sum: Int64 = 0
    /// The three highest measured values of zero or more; `Int64.min` where there are fewer.
    package var highest = Int64.min
    package var second = Int64.min
    package var third = Int64.min
    /// The least measured value; `Int64.max` where there is none.
    package var least = Int64.max
    package var zeroCount: Int32 = 0
    package var longestZeroRun = Run()
    /// The longest run of one value other than zero; a single value is a run of 1.
    package var longestIdenticalRun = Run()
    /// All flags of all slots.
    package var flags: IntervalFlags = []

    package init() {}
}

extension DayStatistics {
    /// The statistics of slots `range` of parallel arrays; `flags` is empty when no slot has any.
    package init(_ values: Span<Int64>, _ qualities: Span<UInt8>, _ flags: Span<UInt16>, _ range: Range<Int>) {
        self.init()
        count = Int32(clamping: range.count)
        var run = Run()
        var runValue: Int64 = 0
        var position: Int32 = 0
        for index in range {
            let quality = qualities[index] & 0x7f
            if SourceQuality.isMeasured(quality) {
                let value = values[index]
                measure(value)
                if run.count > 0, value == runValue {
                    run.count += 1
                } else {
                    end(run, runValue)
                    run = Run(first: position, count: 1)
                    runValue = value
                }
            } else {
                end(run, runValue)
                run.count = 0
                countUnmeasured(quality)
            }
            position += 1
        }
        end(run, runValue)
        if !flags.isEmpty {
            var union: UInt16 = 0
            for index in range { union |= flags[index] }
            self.flags = IntervalFlags(rawValue: union)
        }
    }

    @inline(__always)
    private mutating func measure(_ value: Int64) {
        measured += 1
        let (total, overflow) = sum.addingReportingOverflow(value)
        sum = overflow ? (value < 0 ? .min : .max) : total
        if value < least { least = value }
        guard value > third, value >= 0 else { return }
        if value > highest {
            third = second
            second = highest
            highest = value
        } else if value > second {
            third = second
            second = value
        } else {
            third = value
        }
    }

    @inline(__always)
    private mutating func end(_ run: Run, _ value: Int64) {
        if value == 0 {
            zeroCount += run.count
            if run.count > longestZeroRun.count { longestZeroRun = run }
        } else if run.count > longestIdenticalRun.count {
            longestIdenticalRun = run
        }
    }

    private mutating func countUnmeasured(_ quality: UInt8) {
        switch quality {
        case SourceQuality.absent: absent += 1
        case Quality.missing.rawValue, Quality.failed.rawValue: missing += 1
        default: estimated += 1
        }
    }
}
