/// One parameter of a statement, sent in PostgreSQL's binary form with its type.
///
/// Times count from 1970-01-01 00:00 UTC. Arrays are for `unnest($1, $2, …)`.
public enum PostgresParameter: Sendable, Equatable {
    /// NULL of a type the server infers from its place in the statement.
    case null
    case bool(Bool)
    case int16(Int16)
    case int32(Int32)
    case int64(Int64)
    case double(Double)
    case text(String)
    case bytes([UInt8])
    /// `timestamptz`, microseconds.
    case timestamp(microseconds: Int64)
    /// `date`, days.
    case date(days: Int32)
    /// `uuid`, its first and last eight bytes as big-endian numbers.
    case uuid(high: UInt64, low: UInt64)
    /// `numeric`: coefficient × 10^-scale.
    case numeric(coefficient: Int64, scale: UInt8)
    case int16Array([Int16?])
    case int32Array([Int32?])
    case int64Array([Int64?])
    case doubleArray([Double?])
    case boolArray([Bool?])
    case textArray([String?])
    case bytesArray([[UInt8]?])
    /// `timestamptz[]`, microseconds.
    case timestampArray([Int64?])

    /// The value, or NULL.
    public static func optional(_ value: Int16?) -> PostgresParameter { value.map { .int16($0) } ?? .null }
    public static func optional(_ value: Int32?) -> PostgresParameter { value.map { .int32($0) } ?? .null }
    public static func optional(_ value: Int64?) -> PostgresParameter { value.map { .int64($0) } ?? .null }
    public static func optional(_ value: Double?) -> PostgresParameter { value.map { .double($0) } ?? .null }
    public static func optional(_ value: Bool?) -> PostgresParameter { value.map { .bool($0) } ?? .null }
    public static func optional(_ value: String?) -> PostgresParameter { value.map { .text($0) } ?? .null }
    public static func optional(_ value: [UInt8]?) -> PostgresParameter { value.map { .bytes($0) } ?? .null }
    public static func optional(timestampMicroseconds value: Int64?) -> PostgresParameter {
        value.map { .timestamp(microseconds: $0) } ?? .null
    }
}

extension PostgresParameter {
    /// The type's object id (`src/include/catalog/pg_type.dat`); 0 lets the server infer it.
    package var typeID: UInt32 {
        switch self {
        case .null: 0
        case .bool: TypeID.bool
        case .int16: TypeID.int16
        case .int32: TypeID.int32
        case .int64: TypeID.int64
        case .double: TypeID.double
        case .text: TypeID.text
        case .bytes: TypeID.bytes
        case .timestamp: TypeID.timestamp
        case .date: TypeID.date
        case .uuid: TypeID.uuid
        case .numeric: TypeID.numeric
        case .boolArray: TypeID.boolArray
        case .int16Array: TypeID.int16Array
        case .int32Array: TypeID.int32Array
        case .int64Array: TypeID.int64Array
        case .doubleArray: TypeID.doubleArray
        case .textArray: TypeID.textArray
        case .bytesArray: TypeID.bytesArray
        case .timestampArray: TypeID.timestampArray
        }
    }

    /// Appends the value, without a length in front. Nothing for `.null`.
    package func append(to buffer: inout WireBuffer) {
        switch self {
        case .null: break
        case .bool(let value): buffer.append(UInt8(value ? 1 : 0))
        case .int16(let value): buffer.append(value)
        case .int32(let value): buffer.append(value)
        case .int64(let value): buffer.append(value)
        case .double(let value): buffer.append(value.bitPattern)
        case .text(let value): buffer.append(text: value)
        case .bytes(let value): buffer.append(bytes: value.span)
        case .timestamp(let microseconds): buffer.append(PostgresTime.stored(microseconds: microseconds))
        case .date(let days): buffer.append(PostgresTime.stored(days: days))
        case .uuid(let high, let low):
            buffer.append(high)
            buffer.append(low)
        case .numeric(let coefficient, let scale):
            NumericCodec.append(coefficient: coefficient, scale: scale, to: &buffer)
        case .boolArray, .int16Array, .int32Array, .int64Array, .doubleArray, .textArray, .bytesArray, .timestampArray:
            appendArray(to: &buffer)
        }
    }

    private func appendArray(to buffer: inout WireBuffer) {
        switch self {
        case .boolArray(let values):
            Self.append(values, of: TypeID.bool, to: &buffer) { $1.append(UInt8($0 ? 1 : 0)) }
        case .int16Array(let values): Self.append(values, of: TypeID.int16, to: &buffer) { $1.append($0) }
        case .int32Array(let values): Self.append(values, of: TypeID.int32, to: &buffer) { $1.append($0) }
        case .int64Array(let values): Self.append(values, of: TypeID.int64, to: &buffer) { $1.append($0) }
        case .doubleArray(let values):
            Self.append(values, of: TypeID.double, to: &buffer) { $1.append($0.bitPattern) }
        case .textArray(let values): Self.append(values, of: TypeID.text, to: &buffer) { $1.append(text: $0) }
        case .bytesArray(let values):
            Self.append(values, of: TypeID.bytes, to: &buffer) { $1.append(bytes: $0.span) }
        case .timestampArray(let values):
            Self.append(values, of: TypeID.timestamp, to: &buffer) {
                $1.append(PostgresTime.stored(microseconds: $0))
            }
        default: break
        }
    }

    /// One dimension with lower bound 1 (`src/backend/utils/adt/arrayfuncs.c`, `array_recv`).
    private static func append<Element>(
        _ values: [Element?],
        of typeID: UInt32,
        to buffer: inout WireBuffer,
        element: (Element, inout WireBuffer) -> Void
    ) {
        buffer.append(Int32(values.isEmpty ? 0 : 1))
        buffer.append(Int32(values.contains { $0 == nil } ? 1 : 0))
        buffer.append(typeID)
        guard !values.isEmpty else { return }
        buffer.append(Int32(values.count))
        buffer.append(Int32(1))
        for value in values {
            let lengthPosition = buffer.count
            buffer.append(Int32(-1))
            guard let value else { continue }
            element(value, &buffer)
            buffer.replace(at: lengthPosition, with: Int32(buffer.count - lengthPosition - 4))
        }
    }
}
