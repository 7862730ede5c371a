import MeterCore
import MeterEvents
import StreamCore

/// A decision of a person that no known interval answers to yet, and what was said of it.
struct IdleEdit: Sendable, Equatable {
    var channel: String
    /// Seconds since 1970.
    var start: Int64
    var end: Int64
    var raw: RawReference
    var kind: EditRecord.Kind
    /// Length of the intervals of its values, 0 without.
    var intervalSeconds: Int64
    /// Lengths of the intervals that the channel has at that time, ascending, each once.
    var lengths: [Int64]
}

extension IdleEdit {
    func encode(into writer: inout CompactWriter) {
        writer.append(channel)
        writer.append(start)
        writer.append(end &- start)
        raw.encode(into: &writer)
        writer.append(kind.rawValue)
        writer.append(intervalSeconds)
        writer.append(count: lengths.count)
        for length in lengths { writer.append(length) }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        channel = try reader.text(bytes)
        start = try reader.integer(bytes)
        let length: Int64 = try reader.integer(bytes)
        end = start &+ length
        raw = try RawReference(&reader, bytes)
        guard let kind = EditRecord.Kind(rawValue: try reader.byte(bytes)) else { throw .malformed("a kind of edit") }
        self.kind = kind
        intervalSeconds = try reader.integer(bytes)
        let count = try reader.count(bytes)
        lengths = []
        for _ in 0..<count { lengths.append(try reader.integer(bytes)) }
    }
}
