/// The peaks of the windows before a window: what a value may be beside what the channel drew lately.
///
/// A peak is the highest measured value of a closed window (`DayStatistics.highest` of its view), whatever the rules on windows or V19 said
/// of it. So it follows from what stands in the slots alone, and a verdict about one day never hangs on the verdict about another.
package struct PeakHistory: Sendable, Equatable {
    /// Windows that have a peak.
    package private(set) var windows: Int32 = 0
    /// The three highest of the peaks, in billionths of the unit; `Int64.min` where there are fewer.
    package private(set) var highest = Int64.min
    package private(set) var second = Int64.min
    package private(set) var third = Int64.min

    package init() {}

    /// - Parameter peaks: in any order; what is below zero (`Int64.min` above all) says that a window has none and is passed over.
    package init(_ peaks: some Sequence<Int64>) {
        for peak in peaks { add(peak) }
    }

    @inline(__always)
    package mutating func add(_ peak: Int64) {
        guard peak >= 0 else { return }
        windows += 1
        guard peak > third else { return }
        if peak > highest {
            third = second
            second = highest
            highest = peak
        } else if peak > second {
            third = second
            second = peak
        } else {
            third = peak
        }
    }
}
