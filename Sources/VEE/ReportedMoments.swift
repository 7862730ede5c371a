import MeterCore
import StreamCore

/// Moments at which a device reported one kind of thing.
struct ReportedMoments: Sendable, Equatable {
    /// Ascending, each once, seconds since 1970.
    private(set) var moments: [Int64] = []

    /// Adds a moment; of too many the oldest go. False when it is there already.
    mutating func add(_ moment: Int64, maximumCount: Int) -> Bool {
        var index = moments.count
        while index > 0, moments[index - 1] > moment { index -= 1 }
        if index > 0, moments[index - 1] == moment { return false }
        moments.insert(moment, at: index)
        if moments.count > maximumCount { moments.removeFirst() }
        return true
    }
}

extension ReportedMoments {
    func encode(into writer: inout CompactWriter) {
        writer.append(count: moments.count)
        for moment in moments { writer.append(moment) }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        let count = try reader.count(bytes)
        for _ in 0..<count { moments.append(try reader.integer(bytes)) }
    }
}
