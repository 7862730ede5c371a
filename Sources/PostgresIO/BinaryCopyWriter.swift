import CPostgres

/// Writes the rows of one binary COPY. Lives only inside the closure given to `PostgresConnection.copy`: the closure's
/// return completes the COPY, an error thrown from it cancels the COPY.
///
/// Start each row with `startRow()`, then give every column in the order named to `copy`. Fields are encoded into one
/// buffer that goes to the server whenever it reaches the flush limit; the server pushes back by not reading.
public struct BinaryCopyWriter: ~Copyable {
    private let handle: OpaquePointer
    private var encoder: CopyTupleEncoder
    private let flushBytes: Int

    init(handle: OpaquePointer, columnCount: Int, flushBytes: Int) {
        self.handle = handle
        self.flushBytes = max(flushBytes, 1024)
        encoder = CopyTupleEncoder(columnCount: columnCount, capacityBytes: self.flushBytes + 4096)
    }

    /// Rows started so far.
    public var rowCount: Int { encoder.rowCount }

    /// Begins a row. Throws `.fatal` if the previous row has too few or too many columns, `.retry` if the connection is lost.
    @inline(__always)
    public mutating func startRow() throws(PostgresError) {
        guard encoder.isBetweenRows else { throw unbalanced() }
        if encoder.buffer.count >= flushBytes { try flush() }
        encoder.startRow()
    }

    public mutating func null() { encoder.null() }

    /// `smallint`
    @inline(__always)
    public mutating func int16(_ value: Int16?) {
        if let value { encoder.number(value) } else { encoder.null() }
    }

    /// `integer`
    @inline(__always)
    public mutating func int32(_ value: Int32?) {
        if let value { encoder.number(value) } else { encoder.null() }
    }

    /// `bigint`
    @inline(__always)
    public mutating func int64(_ value: Int64?) {
        if let value { encoder.number(value) } else { encoder.null() }
    }

    /// `double precision`
    @inline(__always)
    public mutating func double(_ value: Double?) {
        if let value { encoder.number(value.bitPattern) } else { encoder.null() }
    }

    /// `boolean`
    @inline(__always)
    public mutating func bool(_ value: Bool?) {
        if let value { encoder.number(UInt8(value ? 1 : 0)) } else { encoder.null() }
    }

    /// `text`, `varchar` or an enum label.
    @inline(__always)
    public mutating func text(_ value: String?) {
        if let value { encoder.text(value) } else { encoder.null() }
    }

    /// `text` from its UTF-8; the server rejects anything else.
    @inline(__always)
    public mutating func text(_ utf8: Span<UInt8>) { encoder.bytes(utf8) }

    /// `bytea`
    @inline(__always)
    public mutating func bytes(_ value: Span<UInt8>) { encoder.bytes(value) }

    /// `bytea`
    public mutating func bytes(_ value: [UInt8]?) {
        if let value { encoder.bytes(value.span) } else { encoder.null() }
    }

    /// `timestamptz`, microseconds since 1970-01-01 00:00 UTC.
    @inline(__always)
    public mutating func timestamp(microseconds: Int64?) {
        if let microseconds {
            encoder.number(PostgresTime.stored(microseconds: microseconds))
        } else {
            encoder.null()
        }
    }

    /// `date`, days since 1970-01-01.
    public mutating func date(days: Int32?) {
        if let days { encoder.number(PostgresTime.stored(days: days)) } else { encoder.null() }
    }

    /// `uuid`, its first and last eight bytes as big-endian numbers.
    public mutating func uuid(high: UInt64, low: UInt64) { encoder.uuid(high: high, low: low) }

    /// `numeric`: `coefficient` × 10^-`scale`, exactly.
    public mutating func numeric(coefficient: Int64, scale: UInt8) {
        encoder.numeric(coefficient: coefficient, scale: scale)
    }

    /// Sends what is left and the end mark.
    mutating func end() throws(PostgresError) {
        guard encoder.isBetweenRows else { throw unbalanced() }
        encoder.end()
        try flush()
    }

    @inline(never)
    private mutating func flush() throws(PostgresError) {
        let handle = handle
        let sent = encoder.buffer.withBytes { bytes in
            // The length is a C int, and a single row can be longer than the flush limit.
            let pieceBytes = 1 << 26
            for start in stride(from: 0, to: bytes.count, by: pieceBytes) {
                let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<min(start + pieceBytes, bytes.count)])
                let text = piece.baseAddress?.assumingMemoryBound(to: CChar.self)
                guard PQputCopyData(handle, text, Int32(piece.count)) == 1 else { return false }
            }
            return true
        }
        encoder.discardBytes()
        guard sent else { throw PostgresError.lost("the connection was lost during COPY") }
    }

    private func unbalanced() -> PostgresError {
        PostgresError.misuse("row \(encoder.rowCount) of the COPY: \(encoder.imbalance) of \(encoder.columnCount)")
    }
}
