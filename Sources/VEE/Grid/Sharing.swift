import MeterCore
import MeterEvents
import RuleSets
import StreamCore

/// How a series shares the time of its channel with the channel's other series, which have another interval length or phase.
///
/// Of one channel no two readings in force overlap. `VEEProcessor.resolve` settles which series has which part of a window, and this is what
/// came of it for one of them.
struct Sharing: Sendable, Equatable {
    /// A value of a coarser series, of which finer values are missing: what is estimated for these adds up to what the others leave of it.
    struct Total: Sendable, Equatable {
        /// The finer slots that it covers.
        var slots: Range<Int64>
        /// In billionths of the unit.
        var value: Int64
        /// It is a day's part of a longer value: only where no method of estimation has a value.
        var isShare = false
    }

    /// Slots that have no result here: another series holds their time, or speaks for their window.
    var covered = SpanSet()
    /// Time (on the series' own clock) of windows that another series counts.
    var followed = SpanSet()
    /// Ascending by slot, apart from each other.
    var totals: [Total] = []
    /// V42: values that are held because they overlap others, and totals that finer values contradict. Ascending by slot.
    var marks: [Series.SlotFinding] = []

    /// Forgets what is about slots below one that starts at `seconds`.
    mutating func forget(below slot: Int64, _ seconds: Int64) {
        covered.remove(.min..<slot)
        followed.remove(.min..<seconds)
        totals.removeAll { $0.slots.lowerBound < slot }
        marks.removeAll { $0.first < slot }
    }
}

extension Sharing {
    func encode(into writer: inout CompactWriter) {
        covered.encode(into: &writer)
        followed.encode(into: &writer)
        writer.append(count: totals.count)
        for total in totals {
            writer.append(total.slots.lowerBound)
            writer.append(count: total.slots.count)
            writer.append(total.value)
            writer.append(total.isShare)
        }
        writer.append(count: marks.count)
        for mark in marks { mark.encode(into: &writer) }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        covered = try SpanSet(&reader, bytes)
        followed = try SpanSet(&reader, bytes)
        let totalCount = try reader.count(bytes)
        for _ in 0..<totalCount {
            let lower: Int64 = try reader.integer(bytes)
            let upper = lower &+ Int64(try reader.count(bytes))
            guard upper > lower else { throw .malformed("a total of no slots") }
            let value: Int64 = try reader.integer(bytes)
            totals.append(Total(slots: lower..<upper, value: value, isShare: try reader.flag(bytes)))
        }
        let markCount = try reader.count(bytes)
        for _ in 0..<markCount { marks.append(try Series.SlotFinding(&reader, bytes)) }
    }
}
