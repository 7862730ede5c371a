import PostgresIO
import Testing

@Suite("Binary forms")
struct EncodingTests {
    private func encoded(_ parameter: PostgresParameter) -> [UInt8] {
        var buffer = WireBuffer()
        parameter.append(to: &buffer)
        return buffer.array
    }

    @Test("a COPY of one row is the documented header, tuple and end mark")
    func copyTuple() {
        var encoder = CopyTupleEncoder(columnCount: 3)
        encoder.startRow()
        encoder.number(Int16(-2))
        encoder.null()
        #expect(encoder.isBetweenRows == false)
        encoder.text("é")
        #expect(encoder.isBetweenRows == true)
        encoder.end()
        let signature: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]
        let header = signature + [0, 0, 0, 0, 0, 0, 0, 0]
        let row: [UInt8] = [0, 3, 0, 0, 0, 2, 0xFF, 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 2, 0xC3, 0xA9]
        #expect(encoder.buffer.array == header + row + [0xFF, 0xFF])
        #expect(encoder.rowCount == 1)
    }

    @Test("missing and surplus fields are counted")
    func imbalance() {
        var encoder = CopyTupleEncoder(columnCount: 2)
        encoder.startRow()
        encoder.number(Int64(1))
        #expect(encoder.imbalance == "1 fields missing")
        encoder.null()
        encoder.null()
        #expect(encoder.isBetweenRows == false)
        #expect(encoder.imbalance == "1 fields too many")
    }

    @Test("the buffer keeps its bytes when it grows")
    func growth() {
        var buffer = WireBuffer(capacityBytes: 64)
        for number in 0..<1000 { buffer.append(UInt16(number)) }
        let bytes = buffer.array
        #expect(bytes.count == 2000)
        #expect(Array(bytes[1998...]) == [0x03, 0xE7])
        #expect(Array(bytes[512...513]) == [0x01, 0x00])
    }

    @Test("times count from 2000 on the wire")
    func times() {
        #expect(encoded(.timestamp(microseconds: 946_684_800_000_001)) == [0, 0, 0, 0, 0, 0, 0, 1])
        #expect(encoded(.date(days: 10_956)) == [0xFF, 0xFF, 0xFF, 0xFF])
        #expect(encoded(.timestamp(microseconds: .max)) == [0x7F] + [UInt8](repeating: 0xFF, count: 7))
    }

    @Test("an array names its type and marks NULLs")
    func arrays() {
        let head: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 21, 0, 0, 0, 2, 0, 0, 0, 1]
        let items: [UInt8] = [0, 0, 0, 2, 0, 7, 0xFF, 0xFF, 0xFF, 0xFF]
        #expect(encoded(.int16Array([7, nil])) == head + items)
        #expect(encoded(.textArray([])) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 25])
    }

    @Test(
        "a numeric keeps its value and scale",
        arguments: [
            (Int64(0), UInt8(0), "0"), (0, 3, "0.000"), (1, 0, "1"), (-1, 0, "-1"), (12_345, 3, "12.345"),
            (-12_345, 6, "-0.012345"), (10_000, 0, "10000"), (100_000_000, 4, "10000.0000"),
            (Int64.max, 9, "9223372036.854775807"), (Int64.min, 0, "-9223372036854775808"),
            (Int64.min, 18, "-9.223372036854775808"), (5, 20, "0.00000000000000000005"), (120, 1, "12.0"),
        ]
    )
    func numeric(coefficient: Int64, scale: UInt8, expected: String) {
        let bytes = encoded(.numeric(coefficient: coefficient, scale: scale))
        #expect(NumericCodec.text(bytes.span) == expected)
    }

    @Test("bytes that are no numeric are refused")
    func numericMalformed() {
        let tooShort: [UInt8] = [0, 1, 0, 0, 0, 0, 0]
        let digitMissing: [UInt8] = [0, 1, 0, 0, 0, 0, 0, 0]
        let unknownSign: [UInt8] = [0, 0, 0, 0, 0x12, 0x34, 0, 0]
        let notANumber: [UInt8] = [0, 0, 0, 0, 0xC0, 0, 0, 0]
        #expect(NumericCodec.text(tooShort.span) == nil)
        #expect(NumericCodec.text(digitMissing.span) == nil)
        #expect(NumericCodec.text(unknownSign.span) == nil)
        #expect(NumericCodec.text(notANumber.span) == "NaN")
    }
}
