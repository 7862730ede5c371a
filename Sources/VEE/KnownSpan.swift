import StreamCore

/// What a series' own data says of when it has data. Other series of the channel may be in another place when the meter's zone changes, so what
/// follows from them is worked out anew then.
struct KnownSpan: Sendable, Equatable {
    /// The first and one past the last slot; `Int64.max` and `Int64.min` without any.
    var first: Int64 = .max
    var end: Int64 = .min
    /// Windows that start before this are expected to have data, seconds since 1970 on the clock of the series.
    var expectedUntil: Int64 = .min
}

extension KnownSpan {
    func encode(into writer: inout CompactWriter) {
        writer.append(first)
        writer.append(end)
        writer.append(expectedUntil)
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        first = try reader.integer(bytes)
        end = try reader.integer(bytes)
        expectedUntil = try reader.integer(bytes)
    }
}
