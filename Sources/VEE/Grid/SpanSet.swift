import StreamCore

/// Disjoint half-open ranges of numbers, ascending; ranges that adjoin are one.
struct SpanSet: Sendable, Equatable {
    private(set) var spans: [Range<Int64>] = []

    init(_ spans: [Range<Int64>] = []) {
        for span in spans { insert(span) }
    }

    var isEmpty: Bool { spans.isEmpty }

    func contains(_ number: Int64) -> Bool {
        let index = firstIndex(endingAfter: number)
        return index < spans.count && spans[index].lowerBound <= number
    }

    func overlaps(_ range: Range<Int64>) -> Bool {
        guard !range.isEmpty else { return false }
        let index = firstIndex(endingAfter: range.lowerBound)
        return index < spans.count && spans[index].lowerBound < range.upperBound
    }

    /// The parts that lie in a range.
    func part(in range: Range<Int64>) -> [Range<Int64>] {
        var parts: [Range<Int64>] = []
        var index = firstIndex(endingAfter: range.lowerBound)
        while index < spans.count, spans[index].lowerBound < range.upperBound {
            let part = spans[index].clamped(to: range)
            if !part.isEmpty { parts.append(part) }
            index += 1
        }
        return parts
    }

    /// How many numbers of a range it has.
    func count(in range: Range<Int64>) -> Int {
        part(in: range).reduce(0) { $0 + $1.count }
    }

    mutating func insert(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        // What ends where it begins adjoins it.
        var lower = firstIndex(endingAfter: range.lowerBound)
        if lower > 0, spans[lower - 1].upperBound == range.lowerBound { lower -= 1 }
        var upper = lower
        var merged = range
        while upper < spans.count, spans[upper].lowerBound <= range.upperBound {
            merged =
                min(merged.lowerBound, spans[upper].lowerBound)..<max(merged.upperBound, spans[upper].upperBound)
            upper += 1
        }
        spans.replaceSubrange(lower..<upper, with: CollectionOfOne(merged))
    }

    mutating func remove(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        let lower = firstIndex(endingAfter: range.lowerBound)
        var upper = lower
        var rest: [Range<Int64>] = []
        while upper < spans.count, spans[upper].lowerBound < range.upperBound {
            if spans[upper].lowerBound < range.lowerBound { rest.append(spans[upper].lowerBound..<range.lowerBound) }
            if spans[upper].upperBound > range.upperBound { rest.append(range.upperBound..<spans[upper].upperBound) }
            upper += 1
        }
        spans.replaceSubrange(lower..<upper, with: rest)
    }

    /// Makes the ranges given the only ones within a range. True: they were others before.
    mutating func replace(in range: Range<Int64>, with new: [Range<Int64>]) -> Bool {
        if part(in: range) == SpanSet(new).part(in: range) { return false }
        remove(range)
        for span in new { insert(span.clamped(to: range)) }
        return true
    }

    /// Index of the first range that ends after a number.
    private func firstIndex(endingAfter number: Int64) -> Int {
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].upperBound <= number { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension SpanSet {
    func encode(into writer: inout CompactWriter) {
        writer.append(count: spans.count)
        var last: Int64 = 0
        for span in spans {
            writer.append(span.lowerBound &- last)
            writer.append(span.upperBound &- span.lowerBound)
            last = span.upperBound
        }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        let count = try reader.count(bytes)
        var last: Int64 = 0
        for place in 0..<count {
            let gap: Int64 = try reader.integer(bytes)
            let length: Int64 = try reader.integer(bytes)
            let lower = last &+ gap
            let upper = lower &+ length
            guard length > 0, upper > lower, place == 0 || gap > 0 else { throw .malformed("spans out of order") }
            spans.append(lower..<upper)
            last = upper
        }
    }
}
