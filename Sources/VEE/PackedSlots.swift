import MeterCore
import StreamCore

/// Slots as bytes, for what is old enough that it seldom changes: about 3 bytes for a quarter-hour instead of 33.
///
/// Values are divided by the greatest power of ten that divides them all (meters count whole watt-hours), and written as differences;
/// everything else as runs. What went out is written only where it is not what came in. The raw events behind the slots are
/// written with them, so that packed slots stand for themselves.
enum PackedSlots {
    /// Appends slots `range` (elements of the store).
    static func append(
        _ store: borrowing SlotStore,
        _ range: Range<Int>,
        _ references: [Series.Reference],
        to writer: inout CompactWriter
    ) {
        writer.append(count: range.count)
        append(values: store.values, range, to: &writer)
        append(runs: range, to: &writer) { UInt64(store.sources[$0]) }
        append(runs: range, to: &writer) { UInt64(store.flags[$0]) }
        append(runs: range, to: &writer) { UInt64(store.outQualities[$0]) }
        append(runs: range, to: &writer) { UInt64(store.outMethods[$0]) }
        append(runs: range, to: &writer) { UInt64(store.revisions[$0]) }
        append(runs: range, to: &writer) { store.outValues[$0] == store.values[$0] ? 0 : 1 }
        for index in range where store.outValues[index] != store.values[index] {
            writer.append(store.outValues[index] &- store.values[index])
        }
        append(references: store, range, references, to: &writer)
    }

    private static func append(values: [Int64], _ range: Range<Int>, to writer: inout CompactWriter) {
        var divisor: Int64 = 1_000_000_000
        for index in range {
            while values[index] % divisor != 0 { divisor /= 10 }
            if divisor == 1 { break }
        }
        writer.append(unsigned: UInt64(divisor))
        var last: Int64 = 0
        for index in range {
            let value = values[index] / divisor
            writer.append(value &- last)
            last = value
        }
    }

    private static func append(
        runs range: Range<Int>,
        to writer: inout CompactWriter,
        _ value: (Int) -> UInt64
    ) {
        var index = range.lowerBound
        while index < range.upperBound {
            let held = value(index)
            var end = index + 1
            while end < range.upperBound, value(end) == held { end += 1 }
            writer.append(unsigned: held)
            writer.append(count: end - index)
            index = end
        }
    }

    private static func append(
        references store: borrowing SlotStore,
        _ range: Range<Int>,
        _ references: [Series.Reference],
        to writer: inout CompactWriter
    ) {
        var used: [UInt32] = []
        var runs: [(local: Int, count: Int)] = []
        for index in range {
            var local = 0
            if store.sources[index] != SlotStore.absent {
                let reference = store.references[index]
                if let last = runs.last, last.local > 0, used[last.local - 1] == reference {
                    local = last.local
                } else if let known = used.lastIndex(of: reference) {
                    local = known + 1
                } else {
                    used.append(reference)
                    local = used.count
                }
            }
            if let last = runs.last, last.local == local {
                runs[runs.count - 1].count += 1
            } else {
                runs.append((local, 1))
            }
        }
        writer.append(count: used.count)
        for reference in used { references[Int(reference)].encode(into: &writer) }
        for run in runs {
            writer.append(count: run.local)
            writer.append(count: run.count)
        }
    }

    /// Reads what `append` wrote; the raw events are appended to `references`.
    static func read(
        base: Int64,
        _ reader: inout CompactReader,
        _ bytes: Span<UInt8>,
        into references: inout [Series.Reference]
    ) throws(StateError) -> SlotStore {
        let count = Int(clamping: try reader.unsigned(bytes))
        // A slot takes at least a byte for its value.
        guard count <= bytes.count - reader.position else { throw .truncated }
        var store = SlotStore(base: base)
        let divisor = Int64(clamping: try reader.unsigned(bytes))
        store.values.reserveCapacity(count)
        var last: Int64 = 0
        for _ in 0..<count {
            let difference: Int64 = try reader.integer(bytes)
            last = last &+ difference
            store.values.append(last &* divisor)
        }
        try readRuns(count, &reader, bytes) {
            store.sources.append(contentsOf: repeatElement(UInt8(clamping: $0), count: $1))
        }
        try readRuns(count, &reader, bytes) {
            store.flags.append(contentsOf: repeatElement(UInt16(clamping: $0), count: $1))
        }
        try readRuns(count, &reader, bytes) {
            store.outQualities.append(contentsOf: repeatElement(UInt8(clamping: $0), count: $1))
        }
        try readRuns(count, &reader, bytes) {
            store.outMethods.append(contentsOf: repeatElement(UInt8(clamping: $0), count: $1))
        }
        try readRuns(count, &reader, bytes) {
            store.revisions.append(contentsOf: repeatElement(UInt32(clamping: $0), count: $1))
        }
        var differing: [Int] = []
        var position = 0
        try readRuns(count, &reader, bytes) {
            if $0 == 1 { differing.append(contentsOf: position..<position + $1) }
            position += $1
        }
        store.outValues = store.values
        for index in differing {
            let difference: Int64 = try reader.integer(bytes)
            store.outValues[index] = store.values[index] &+ difference
        }
        try readReferences(count, &reader, bytes, into: &store, &references)
        return store
    }

    private static func readReferences(
        _ count: Int,
        _ reader: inout CompactReader,
        _ bytes: Span<UInt8>,
        into store: inout SlotStore,
        _ references: inout [Series.Reference]
    ) throws(StateError) {
        let first = references.count
        let used = try reader.count(bytes)
        for _ in 0..<used { references.append(try Series.Reference(&reader, bytes)) }
        store.references.reserveCapacity(count)
        var isSound = true
        var position = 0
        try readRuns(count, &reader, bytes) {
            guard $0 <= UInt64(used) else {
                isSound = false
                return
            }
            store.references.append(contentsOf: repeatElement($0 == 0 ? 0 : UInt32(first) + UInt32($0) - 1, count: $1))
            for index in position..<position + $1 where (store.sources[index] == SlotStore.absent) != ($0 == 0) {
                isSound = false
            }
            position += $1
        }
        guard isSound else { throw .malformed("a reference to nothing") }
    }

    private static func readRuns(
        _ count: Int,
        _ reader: inout CompactReader,
        _ bytes: Span<UInt8>,
        _ take: (UInt64, Int) -> Void
    ) throws(StateError) {
        var rest = count
        while rest > 0 {
            let value = try reader.unsigned(bytes)
            let length = try reader.unsigned(bytes)
            guard length > 0, length <= UInt64(rest) else { throw .malformed("a run of \(length) in \(rest) slots") }
            take(value, Int(length))
            rest -= Int(length)
        }
    }
}
