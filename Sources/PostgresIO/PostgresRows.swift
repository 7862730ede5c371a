import CPostgres

/// The rows of one answer in binary form, owned until this value goes.
///
/// Reading a column as a type it does not have throws `.fatal`, as does NULL where a value is asked for; ask `isNull`,
/// or use the `optional…` forms.
public struct PostgresRows: ~Copyable {
    private let result: OpaquePointer
    /// Number of rows.
    public let count: Int
    /// Number of columns.
    public let columnCount: Int

    init(owning result: OpaquePointer) {
        self.result = result
        count = Int(PQntuples(result))
        columnCount = Int(PQnfields(result))
    }

    deinit {
        PQclear(result)
    }

    /// Rows that INSERT, UPDATE, DELETE, MERGE, SELECT or COPY touched; 0 for other statements.
    public var affectedRows: Int {
        PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
    }

    /// The name of a column.
    public func columnName(_ column: Int) -> String {
        PQfname(result, Int32(column)).map { String(cString: $0) } ?? ""
    }

    /// The position of a column by its exact name.
    public func column(named name: String) throws(PostgresError) -> Int {
        for column in 0..<columnCount where columnName(column) == name {
            return column
        }
        throw PostgresError.misuse("the answer has no column \(name)")
    }

    public func isNull(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
        try checkPosition(row, column)
        return PQgetisnull(result, Int32(row), Int32(column)) == 1
    }

    public func bool(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
        try number(row, column, TypeID.bool, as: UInt8.self) != 0
    }

    public func int16(_ row: Int, _ column: Int) throws(PostgresError) -> Int16 {
        try number(row, column, TypeID.int16, as: Int16.self)
    }

    /// A `smallint` or `integer`.
    public func int32(_ row: Int, _ column: Int) throws(PostgresError) -> Int32 {
        if typeID(column) == TypeID.int16 { return Int32(try int16(row, column)) }
        return try number(row, column, TypeID.int32, as: Int32.self)
    }

    /// A `smallint`, `integer`, `bigint` or `oid`.
    public func int64(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        switch typeID(column) {
        case TypeID.int16, TypeID.int32: Int64(try int32(row, column))
        case TypeID.objectID: Int64(try number(row, column, TypeID.objectID, as: UInt32.self))
        default: try number(row, column, TypeID.int64, as: Int64.self)
        }
    }

    /// A `real` or `double precision`.
    public func double(_ row: Int, _ column: Int) throws(PostgresError) -> Double {
        if typeID(column) == TypeID.float {
            return Double(Float(bitPattern: try number(row, column, TypeID.float, as: UInt32.self)))
        }
        return Double(bitPattern: try number(row, column, TypeID.double, as: UInt64.self))
    }

    /// `timestamptz` (or `timestamp`, taken as UTC) in microseconds since 1970-01-01 00:00 UTC.
    public func timestampMicroseconds(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        let expected = typeID(column) == TypeID.timestampWithoutZone ? TypeID.timestampWithoutZone : TypeID.timestamp
        return PostgresTime.microseconds(stored: try number(row, column, expected, as: Int64.self))
    }

    /// `date` in days since 1970-01-01.
    public func dateDays(_ row: Int, _ column: Int) throws(PostgresError) -> Int32 {
        PostgresTime.days(stored: try number(row, column, TypeID.date, as: Int32.self))
    }

    /// `uuid`, its first and last eight bytes as big-endian numbers.
    public func uuid(_ row: Int, _ column: Int) throws(PostgresError) -> (high: UInt64, low: UInt64) {
        try checkType(column, TypeID.uuid)
        let field = try self.field(row, column)
        guard field.count == 16 else { throw wrongLength(column, field.count) }
        let high = UInt64(bigEndian: field.loadUnaligned(as: UInt64.self))
        let low = UInt64(bigEndian: field.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        return (high, low)
    }

    /// `numeric` as exact decimal text with the digits the server would print.
    public func numericText(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        try checkType(column, TypeID.numeric)
        let field = try self.field(row, column)
        let text = NumericCodec.text(Span(_unsafeBytes: field))
        guard let text else { throw wrongLength(column, field.count) }
        return text
    }

    /// Text, enum labels, JSON and any other type whose binary form is its text.
    public func text(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        let typeID = typeID(column)
        guard !TypeID.binaryOnly.contains(typeID) else { throw wrongType(column, wanted: "text") }
        var field = try self.field(row, column)
        // jsonb puts a version number in front of its text.
        if typeID == TypeID.jsonb { field = UnsafeRawBufferPointer(rebasing: field.dropFirst()) }
        return String(decoding: field, as: UTF8.self)
    }

    /// A copy of a `bytea`, or of the binary form of any other type.
    public func bytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8] {
        [UInt8](try field(row, column))
    }

    /// The bytes of a value without a copy.
    public func withBytes<Result>(
        _ row: Int,
        _ column: Int,
        _ body: (Span<UInt8>) throws(PostgresError) -> Result
    ) throws(PostgresError) -> Result {
        try body(Span(_unsafeBytes: try field(row, column)))
    }

    public func optionalBool(_ row: Int, _ column: Int) throws(PostgresError) -> Bool? {
        try isNull(row, column) ? nil : try bool(row, column)
    }

    public func optionalInt32(_ row: Int, _ column: Int) throws(PostgresError) -> Int32? {
        try isNull(row, column) ? nil : try int32(row, column)
    }

    public func optionalInt64(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
        try isNull(row, column) ? nil : try int64(row, column)
    }

    public func optionalDouble(_ row: Int, _ column: Int) throws(PostgresError) -> Double? {
        try isNull(row, column) ? nil : try double(row, column)
    }

    public func optionalText(_ row: Int, _ column: Int) throws(PostgresError) -> String? {
        try isNull(row, column) ? nil : try text(row, column)
    }

    public func optionalNumericText(_ row: Int, _ column: Int) throws(PostgresError) -> String? {
        try isNull(row, column) ? nil : try numericText(row, column)
    }

    public func optionalTimestampMicroseconds(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
        try isNull(row, column) ? nil : try timestampMicroseconds(row, column)
    }

    public func optionalBytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8]? {
        try isNull(row, column) ? nil : try bytes(row, column)
    }

    /// The object id of a column's type.
    public func typeID(_ column: Int) -> UInt32 { PQftype(result, Int32(column)) }
}

extension PostgresRows {
    private func number<Number: FixedWidthInteger>(
        _ row: Int,
        _ column: Int,
        _ typeID: UInt32,
        as type: Number.Type
    ) throws(PostgresError) -> Number {
        try checkType(column, typeID)
        let field = try self.field(row, column)
        guard field.count == MemoryLayout<Number>.size else { throw wrongLength(column, field.count) }
        return Number(bigEndian: field.loadUnaligned(as: Number.self))
    }

    /// The bytes of a value that is not NULL; valid as long as `self`.
    private func field(_ row: Int, _ column: Int) throws(PostgresError) -> UnsafeRawBufferPointer {
        try checkPosition(row, column)
        guard PQgetisnull(result, Int32(row), Int32(column)) == 0 else {
            throw PostgresError.misuse("column \(columnName(column)) is NULL in row \(row)")
        }
        let start = PQgetvalue(result, Int32(row), Int32(column))
        let length = PQgetlength(result, Int32(row), Int32(column))
        return UnsafeRawBufferPointer(start: start, count: Int(length))
    }

    private func checkPosition(_ row: Int, _ column: Int) throws(PostgresError) {
        guard (0..<count).contains(row), (0..<columnCount).contains(column) else {
            throw PostgresError.misuse("row \(row), column \(column) of \(count) rows and \(columnCount) columns")
        }
    }

    private func checkType(_ column: Int, _ typeID: UInt32) throws(PostgresError) {
        guard (0..<columnCount).contains(column) else {
            throw PostgresError.misuse("column \(column) of \(columnCount) columns")
        }
        guard self.typeID(column) == typeID else { throw wrongType(column, wanted: "type \(typeID)") }
    }

    private func wrongType(_ column: Int, wanted: String) -> PostgresError {
        PostgresError.misuse("column \(columnName(column)) has type \(typeID(column)), not \(wanted)")
    }

    private func wrongLength(_ column: Int, _ bytes: Int) -> PostgresError {
        PostgresError.misuse("column \(columnName(column)) has a value of \(bytes) bytes, which its type can't have")
    }
}
