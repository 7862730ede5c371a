import MeterCore
import MeterEvents
import StreamCore

/// What went out last for a register at the end of a window (E9).
struct DerivedReading: Sendable, Equatable {
    /// The end of the window, seconds since 1970.
    var at: Int64
    /// In billionths; 0 where nothing follows any more.
    var value: Int64
    var revision: UInt32
    /// Intervals since the reading that it starts from, and how many of them were estimated.
    var intervals: UInt32
    var estimated: UInt32
    /// `Quality.rawValue`.
    var quality: UInt8

    /// Whether two readings say the same, whatever their revisions.
    func saysTheSame(as other: DerivedReading) -> Bool {
        value == other.value && quality == other.quality && intervals == other.intervals && estimated == other.estimated
    }
}

extension DerivedReading {
    func encode(into writer: inout CompactWriter) {
        writer.append(at)
        writer.append(value)
        for number in [revision, intervals, estimated] { writer.append(unsigned: UInt64(number)) }
        writer.append(quality)
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        at = try reader.integer(bytes)
        value = try reader.integer(bytes)
        revision = try reader.unsigned32(bytes)
        intervals = try reader.unsigned32(bytes)
        estimated = try reader.unsigned32(bytes)
        quality = try reader.byte(bytes)
    }
}
