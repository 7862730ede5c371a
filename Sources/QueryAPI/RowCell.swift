import MeterCore
import PostgresIO

/// One value of a row as it goes out, the same for JSON and CSV.
package enum RowCell: Equatable {
    case null
    /// A number or truth value in its JSON form, which is also its CSV form.
    case literal(String)
    /// Text, and timestamps and dates in ISO 8601.
    case text(String)
    /// A stored JSON document.
    case json(String)

    /// Reads by the column's type; numbers stay exact.
    init(_ rows: borrowing PostgresRows, _ row: Int, _ column: Int) throws(PostgresError) {
        guard try !rows.isNull(row, column) else {
            self = .null
            return
        }
        switch rows.typeID(column) {
        case TypeID.bool: self = .literal(try rows.bool(row, column) ? "true" : "false")
        case TypeID.int16, TypeID.int32, TypeID.int64: self = .literal(String(try rows.int64(row, column)))
        case TypeID.numeric: self = Self.number(try rows.numericText(row, column))
        case TypeID.timestamp: self = Self.timestamp(try rows.timestampMicroseconds(row, column))
        case TypeID.date: self = .text(CivilDate(daysSinceEpoch: try rows.dateDays(row, column)).description)
        case TypeID.json, TypeID.jsonb: self = .json(try rows.text(row, column))
        default: self = .text(try rows.text(row, column))
        }
    }

    /// NaN and infinities have no JSON form.
    private static func number(_ text: String) -> RowCell {
        text == "NaN" || text.hasSuffix("Infinity") ? .null : .literal(text)
    }

    /// ISO 8601 in UTC, with as many fraction digits as there are, in groups of three.
    package static func timestamp(_ microseconds: Int64) -> RowCell {
        guard microseconds != .max, microseconds != .min else { return .null }
        var (seconds, fraction) = microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        if fraction < 0 {
            seconds -= 1
            fraction += 1_000_000
        }
        var bytes: [UInt8] = []
        Instant(secondsSinceEpoch: seconds).appendISO8601(to: &bytes)
        guard fraction != 0 else { return .text(String(decoding: bytes, as: UTF8.self)) }
        bytes.removeLast()
        bytes.append(UInt8(ascii: "."))
        if fraction % 1000 == 0 {
            DecimalText.append(fraction / 1000, minimumDigits: 3, to: &bytes)
        } else {
            DecimalText.append(fraction, minimumDigits: 6, to: &bytes)
        }
        bytes.append(UInt8(ascii: "Z"))
        return .text(String(decoding: bytes, as: UTF8.self))
    }
}
