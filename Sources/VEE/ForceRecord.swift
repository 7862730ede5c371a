import MeterEvents
import StreamCore

/// An operator's order to estimate, as it is kept.
struct ForceRecord: Sendable, Equatable {
    var raw: RawReference
    var group: String
    var meters: [String]
    /// Seconds since 1970.
    var from: Int64
    var to: Int64

    /// Whether it is about a meter that the registry has in `group`.
    func concerns(_ meter: String, group meterGroup: String) -> Bool {
        meters.contains(meter) || (!group.isEmpty && group == meterGroup)
    }
}

extension ForceRecord {
    func encode(into writer: inout CompactWriter) {
        raw.encode(into: &writer)
        writer.append(group)
        writer.append(count: meters.count)
        for meter in meters { writer.append(meter) }
        writer.append(from)
        writer.append(to &- from)
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        raw = try RawReference(&reader, bytes)
        group = try reader.text(bytes)
        let count = try reader.count(bytes)
        meters = []
        for _ in 0..<count { meters.append(try reader.text(bytes)) }
        from = try reader.integer(bytes)
        let length: Int64 = try reader.integer(bytes)
        to = from &+ length
        guard to > from else { throw .malformed("an order for no time") }
    }
}
