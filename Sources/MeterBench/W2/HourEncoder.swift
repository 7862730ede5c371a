/// Writes a closed window as JSON, or as this protobuf message:
///
///     message HourlySum {
///       string meter = 1;
///       sint64 start_s = 2;      // start of the hour, seconds since 1970-01-01T00:00:00Z
///       uint32 count = 3;        // measured intervals
///       uint32 estimated = 4;    // estimated intervals
///       sint64 sum_e9 = 5;       // billionths of the unit, estimates included
///     }
struct HourEncoder: Sendable {
    let isJSON: Bool
    private(set) var sink = ByteSink()

    init(isJSON: Bool) {
        self.isJSON = isJSON
    }

    mutating func encode(_ sum: HourlyMeter.Sum, start: Int64, meter: Span<UInt8>) {
        sink.begin(capacity: 160 + meter.count)
        guard isJSON else {
            sink.field(1 << 3 | 2, meter)
            sink.field(2 << 3, zigzag: start)
            sink.field(3 << 3, varint: UInt64(sum.count))
            sink.field(4 << 3, varint: UInt64(sum.estimated))
            sink.field(5 << 3, zigzag: sum.total)
            return
        }
        sink.append(#"{"meter":""#)
        sink.append(meter)
        sink.append(#"","start":"#)
        sink.decimal(start)
        sink.append(#","sum":"#)
        sink.decimal(sum.total, decimals: HourlyMeter.decimals)
        sink.append(#","count":"#)
        sink.decimal(Int64(sum.count))
        sink.append(#","estimated":"#)
        sink.decimal(Int64(sum.estimated))
        sink.append("}")
    }
}
