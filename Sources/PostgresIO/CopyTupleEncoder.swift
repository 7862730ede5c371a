/// Encodes rows of a binary COPY (documentation of COPY, "Binary Format"): an 11-byte signature, flags and extension
/// length; per row a field count and length-prefixed fields; -1 at the end.
///
/// Pure: it fills a buffer and counts. `BinaryCopyWriter` sends what it fills.
package struct CopyTupleEncoder: ~Copyable {
    package private(set) var buffer: WireBuffer
    package let columnCount: Int
    package private(set) var rowCount = 0
    private var fieldsLeft = 0

    package init(columnCount: Int, capacityBytes: Int = 1024) {
        self.columnCount = columnCount
        buffer = WireBuffer(capacityBytes: capacityBytes)
        let header: [UInt8] = [0x50, 0x47, 0x43, 0x4F, 0x50, 0x59, 0x0A, 0xFF, 0x0D, 0x0A, 0x00]
        buffer.append(bytes: header.span)
        buffer.append(Int32(0))
        buffer.append(Int32(0))
    }

    /// Every row so far has as many fields as the table part has columns.
    package var isBetweenRows: Bool { fieldsLeft == 0 }

    /// How the last row is off, for the error: "2 fields missing".
    package var imbalance: String {
        fieldsLeft > 0 ? "\(fieldsLeft) fields missing" : "\(-fieldsLeft) fields too many"
    }

    @inline(__always)
    package mutating func startRow() {
        fieldsLeft = columnCount
        rowCount += 1
        buffer.append(Int16(columnCount))
    }

    package mutating func end() {
        buffer.append(Int16(-1))
    }

    /// Forgets the bytes that have been sent.
    package mutating func discardBytes() {
        buffer.removeAll()
    }

    @inline(__always)
    package mutating func null() {
        fieldsLeft -= 1
        buffer.append(Int32(-1))
    }

    @inline(__always)
    package mutating func number<Number: FixedWidthInteger>(_ value: Number) {
        fieldsLeft -= 1
        buffer.append(Int32(MemoryLayout<Number>.size))
        buffer.append(value)
    }

    @inline(__always)
    package mutating func text(_ value: String) {
        fieldsLeft -= 1
        var value = value
        value.withUTF8 { utf8 in
            buffer.append(Int32(utf8.count))
            buffer.append(bytes: UnsafeRawBufferPointer(utf8))
        }
    }

    @inline(__always)
    package mutating func bytes(_ value: Span<UInt8>) {
        fieldsLeft -= 1
        buffer.append(Int32(value.count))
        buffer.append(bytes: value)
    }

    package mutating func uuid(high: UInt64, low: UInt64) {
        fieldsLeft -= 1
        buffer.append(Int32(16))
        buffer.append(high)
        buffer.append(low)
    }

    package mutating func numeric(coefficient: Int64, scale: UInt8) {
        fieldsLeft -= 1
        let lengthPosition = buffer.count
        buffer.append(Int32(0))
        NumericCodec.append(coefficient: coefficient, scale: scale, to: &buffer)
        buffer.replace(at: lengthPosition, with: Int32(buffer.count - lengthPosition - 4))
    }
}
