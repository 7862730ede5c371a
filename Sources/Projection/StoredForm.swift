import MeterCore
import MeterEvents

/// Forms of values that PostgreSQL takes.
enum StoredForm {
    /// Years 1 to 9999, which is what `CivilDate` reaches and what every reader of the tables can show.
    private static let seconds: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

    /// Microseconds since 1970-01-01T00:00:00Z.
    static func microseconds(_ instant: Instant) throws(EventError) -> Int64 {
        guard seconds.contains(instant.secondsSinceEpoch) else {
            throw .inconsistent("instant \(instant.secondsSinceEpoch) s is outside of the years 1 to 9999")
        }
        return instant.secondsSinceEpoch * 1_000_000
    }

    /// Microseconds from milliseconds, both since 1970-01-01T00:00:00Z.
    static func microseconds(milliseconds: Int64) throws(EventError) -> Int64 {
        guard seconds.contains(milliseconds / 1000) else {
            throw .inconsistent("time \(milliseconds) ms is outside of the years 1 to 9999")
        }
        return milliseconds * 1000
    }

    /// The text without U+0000, which PostgreSQL can't store; devices send it.
    static func text(_ text: String) -> String {
        guard text.utf8.contains(0) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value == 0 ? "\u{FFFD}" : $0 }))
    }

    /// A count as `integer`.
    static func int32(_ number: UInt32, _ what: String) throws(EventError) -> Int32 {
        guard let value = Int32(exactly: number) else { throw .inconsistent("\(what) \(number)") }
        return value
    }
}

/// Builds the JSON of a `jsonb` column in its binary form: a version byte and the text.
struct StoredJSON {
    private(set) var bytes: [UInt8] = [1]

    mutating func raw(_ text: StaticString) {
        text.withUTF8Buffer { bytes.append(contentsOf: $0) }
    }

    mutating func number(_ number: some FixedWidthInteger) {
        bytes.append(contentsOf: String(number).utf8)
    }

    /// An exact decimal number.
    mutating func amount(billionths: Int64) {
        Quantity(billionths: billionths).append(to: &bytes)
    }

    /// A quoted string (RFC 8259, section 7).
    mutating func string(_ text: String) {
        let digits = Array("0123456789abcdef".utf8)
        bytes.append(UInt8(ascii: "\""))
        for byte in StoredForm.text(text).utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"):
                bytes.append(UInt8(ascii: "\\"))
                bytes.append(byte)
            case 0..<0x20:
                bytes.append(contentsOf: "\\u00".utf8)
                bytes.append(digits[Int(byte >> 4)])
                bytes.append(digits[Int(byte & 15)])
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
