import MeterCore
import MeterEvents
import StreamCore

/// What a person decided about a span of a channel. Of two about the same slot the one whose payload supersedes the other holds, whatever
/// the order of arrival; locks are told apart from the rest.
struct EditRecord: Sendable, Equatable {
    enum Kind: UInt8, Sendable {
        case setValues = 0
        case accept = 1
        case reject = 2
        case clear = 3
        case lock = 4
        case unlock = 5
    }

    var raw: RawReference
    var channel: String
    /// Seconds since 1970.
    var start: Int64
    var end: Int64
    var kind: Kind
    /// Length of the intervals of `values`, 0 without.
    var intervalSeconds: Int64
    var values: [Int64]

    init(_ edit: ManualEdit, _ raw: RawReference) {
        self.raw = raw
        channel = edit.channel
        start = edit.start.secondsSinceEpoch
        end = edit.end.secondsSinceEpoch
        intervalSeconds = 0
        values = []
        switch edit.action {
        case .setValues(let interval, let billionths):
            kind = .setValues
            intervalSeconds = Int64(interval)
            values = billionths
        case .accept: kind = .accept
        case .reject: kind = .reject
        case .clear: kind = .clear
        case .lock: kind = .lock
        case .unlock: kind = .unlock
        }
    }

    var isLocking: Bool { kind == .lock || kind == .unlock }

    /// The value it sets for a slot; nil when it sets none.
    func value(at slotStart: Int64, intervalSeconds interval: Int64) -> Int64? {
        guard kind == .setValues, interval == intervalSeconds, (slotStart - start) % interval == 0 else { return nil }
        let index = (slotStart - start) / interval
        return index >= 0 && index < Int64(values.count) ? values[Int(index)] : nil
    }

    /// Whether it says something about a slot.
    func covers(_ slotStart: Int64, intervalSeconds interval: Int64) -> Bool {
        guard slotStart >= start, slotStart + interval <= end else { return false }
        return kind != .setValues || value(at: slotStart, intervalSeconds: interval) != nil
    }
}

extension EditRecord {
    func encode(into writer: inout CompactWriter) {
        raw.encode(into: &writer)
        writer.append(channel)
        writer.append(start)
        writer.append(end &- start)
        writer.append(kind.rawValue)
        writer.append(intervalSeconds)
        writer.append(count: values.count)
        for value in values { writer.append(value) }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        raw = try RawReference(&reader, bytes)
        channel = try reader.text(bytes)
        start = try reader.integer(bytes)
        let length: Int64 = try reader.integer(bytes)
        end = start &+ length
        guard let kind = Kind(rawValue: try reader.byte(bytes)) else { throw .malformed("a kind of edit") }
        self.kind = kind
        intervalSeconds = try reader.integer(bytes)
        let count = try reader.count(bytes)
        values = []
        values.reserveCapacity(count)
        for _ in 0..<count { values.append(try reader.integer(bytes)) }
        guard kind != .setValues || intervalSeconds > 0 else { throw .malformed("an edit without intervals") }
    }
}
