import MeterCore
import StreamCore

/// Writes a validated day as the default `ValidatedIntervals` event (topics/schemas/validated.proto), or as JSON.
///
/// The event is written field by field, as its codec in `MeterEvents` would, which a test compares.
struct DayEncoder: Sendable {
    enum Format: String, Sendable, CaseIterable {
        case protobuf
        case json
    }

    private static let ruleSet: StaticString = "w1"
    /// `MeterCore.Quality` and `EstimationMethod` by w1's quality.
    private static let qualities: [UInt8] = [
        Quality.missing.rawValue, Quality.validated.rawValue, Quality.estimatedLinear.rawValue,
        Quality.estimatedReferenceDay.rawValue, Quality.questionable.rawValue, Quality.failed.rawValue,
    ]
    private static let methods: [UInt8] = [
        EstimationMethod.none.rawValue, EstimationMethod.none.rawValue, EstimationMethod.linear.rawValue,
        EstimationMethod.referenceDays.rawValue, EstimationMethod.none.rawValue, EstimationMethod.none.rawValue,
    ]

    let format: Format
    private(set) var sink = ByteSink()

    init(_ format: Format) {
        self.format = format
    }

    /// Where a day comes from.
    struct Origin {
        var partition: Int32
        var offset: Int64
        var timestampMilliseconds: Int64
        var payload: Hash128
    }

    mutating func encode(_ day: borrowing DayMessage, decimals: Int, _ origin: Origin, from bytes: Span<UInt8>) {
        let text = day.meter.count + day.channel.count
        switch format {
        case .protobuf:
            sink.begin(capacity: 256 + text + day.count * 13)
            encodeEvent(day, decimals, origin, bytes)
        case .json:
            sink.begin(capacity: 256 + text + day.count * 26)
            encodeJSON(day, decimals, bytes)
        }
    }

    // MARK: Protobuf

    private mutating func encodeEvent(
        _ day: borrowing DayMessage,
        _ decimals: Int,
        _ origin: Origin,
        _ bytes: Span<UInt8>
    ) {
        // Tags are field number * 8 + wire type: 0 varint, 1 fixed 64 bit, 2 bytes.
        sink.field(1 << 3, varint: 1)
        sink.field(2 << 3 | 2, bytes.extracting(day.meter))
        sink.field(3 << 3 | 2, bytes.extracting(day.channel))
        sink.field(4 << 3, varint: UInt64(MeasurementUnit.kilowattHour.rawValue))
        sink.append(5 << 3 | 2)
        sink.varint(3)
        sink.append("UTC")
        sink.field(6 << 3, zigzag: day.start)
        sink.field(7 << 3, varint: UInt64(day.intervalSeconds))
        sink.field(8 << 3, zigzag: -Int64(decimals))
        encodeMantissas(day)
        encodeCodes(day, tag: 10 << 3 | 2, DayEncoder.qualities)
        encodeCodes(day, tag: 11 << 3 | 2, DayEncoder.methods)
        sink.append(12 << 3 | 2)
        sink.varint(UInt64(day.count))
        sink.append(repeating: 1, count: day.count)
        encodeProvenance(day, origin)
        sink.append(15 << 3 | 2)
        sink.varint(UInt64(DayEncoder.ruleSet.utf8CodeUnitCount))
        sink.append(DayEncoder.ruleSet)
        // Field 16 needs two bytes of tag.
        sink.varint(16 << 3)
        sink.varint(UInt64(bitPattern: origin.timestampMilliseconds))
    }

    private mutating func encodeMantissas(_ day: borrowing DayMessage) {
        let slots = day.slots.span
        let count = day.count
        var length = 0
        for index in 0..<count { length += ByteSink.varintLength(ByteSink.zigzag(slots[index].mantissa)) }
        sink.append(9 << 3 | 2)
        sink.varint(UInt64(length))
        sink.write { bytes, position in
            for index in 0..<count {
                var rest = ByteSink.zigzag(slots[index].mantissa)
                while rest >= 0x80 {
                    bytes[position] = UInt8(truncatingIfNeeded: rest) | 0x80
                    position += 1
                    rest >>= 7
                }
                bytes[position] = UInt8(truncatingIfNeeded: rest)
                position += 1
            }
        }
    }

    private mutating func encodeCodes(_ day: borrowing DayMessage, tag: UInt8, _ codes: [UInt8]) {
        sink.append(tag)
        sink.varint(UInt64(day.count))
        let slots = day.slots.span
        let codes = codes.span
        let count = day.count
        sink.write { bytes, position in
            for index in 0..<count { bytes[position + index] = codes[Int(slots[index].quality)] }
            position += count
        }
    }

    private mutating func encodeProvenance(_ day: borrowing DayMessage, _ origin: Origin) {
        let partition = UInt64(origin.partition)
        let offset = UInt64(origin.offset)
        let received = UInt64(bitPattern: origin.timestampMilliseconds)
        var reference = 18
        for value in [partition, offset, received] where value != 0 { reference += 1 + ByteSink.varintLength(value) }
        let count = UInt64(day.count)
        sink.append(13 << 3 | 2)
        sink.varint(UInt64(1 + ByteSink.varintLength(count) + 1 + ByteSink.varintLength(UInt64(reference)) + reference))
        sink.field(1 << 3, varint: count)
        sink.append(2 << 3 | 2)
        sink.varint(UInt64(reference))
        sink.field(2 << 3, varint: partition)
        sink.field(3 << 3, varint: offset)
        sink.field(4 << 3, varint: received)
        sink.field(5 << 3 | 1, fixed: origin.payload.high)
        sink.field(6 << 3 | 1, fixed: origin.payload.low)
    }

    // MARK: JSON

    private mutating func encodeJSON(_ day: borrowing DayMessage, _ decimals: Int, _ bytes: Span<UInt8>) {
        sink.append(#"{"meter":""#)
        sink.append(bytes.extracting(day.meter))
        sink.append(#"","channel":""#)
        sink.append(bytes.extracting(day.channel))
        sink.append(#"","start":"#)
        sink.decimal(day.start)
        sink.append(#","interval":"#)
        sink.decimal(day.intervalSeconds)
        sink.append(#","values":["#)
        for index in 0..<day.count {
            if index > 0 { sink.append(UInt8(ascii: ",")) }
            if day.slots[index].quality == W1Quality.missing {
                sink.append("null")
            } else {
                sink.decimal(day.slots[index].mantissa, decimals: decimals)
            }
        }
        sink.append(#"],"quality":["#)
        for index in 0..<day.count {
            if index > 0 { sink.append(UInt8(ascii: ",")) }
            sink.append(day.slots[index].quality + UInt8(ascii: "0"))
        }
        sink.append("]}")
    }
}
