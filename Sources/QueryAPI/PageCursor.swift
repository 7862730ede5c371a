/// Where the next page goes on: the sort key of the last row given. Opaque to clients, who send it back as it was.
///
/// Bytes in hexadecimal: a version, the key's values, and a checksum over them and the kind of page, so that a cursor
/// that was cut or belongs to another route is refused instead of giving a wrong page.
package struct PageCursor: Equatable {
    /// One column of a sort key.
    package enum Value: Equatable {
        case text(String)
        case integer(Int64)
        /// Microseconds since 1970-01-01T00:00:00Z.
        case timestamp(Int64)
    }

    private static let version: UInt8 = 1

    package var values: [Value]

    package init(_ values: [Value]) {
        self.values = values
    }

    package func encoded(for kind: PageKind) -> String {
        var bytes = [Self.version]
        for value in values {
            switch value {
            case .text(let text):
                bytes.append(UInt8(ascii: "t"))
                Self.append(UInt64(text.utf8.count), byteCount: 2, to: &bytes)
                bytes.append(contentsOf: text.utf8)
            case .integer(let number):
                bytes.append(UInt8(ascii: "i"))
                Self.append(UInt64(bitPattern: number), byteCount: 8, to: &bytes)
            case .timestamp(let microseconds):
                bytes.append(UInt8(ascii: "m"))
                Self.append(UInt64(bitPattern: microseconds), byteCount: 8, to: &bytes)
            }
        }
        Self.append(UInt64(Self.checksum(bytes, kind)), byteCount: 4, to: &bytes)
        var hex: [UInt8] = []
        for byte in bytes {
            hex.append(PercentText.hexDigit(byte >> 4))
            hex.append(PercentText.hexDigit(byte & 15))
        }
        return String(decoding: hex, as: UTF8.self)
    }

    /// Nil for anything that `encoded(for:)` of the same kind did not give out.
    package init?(_ text: String, for kind: PageKind) {
        var bytes: [UInt8] = []
        var digits = text.utf8.makeIterator()
        while let first = digits.next() {
            guard let high = PercentText.hexValue(first), let low = digits.next().flatMap(PercentText.hexValue)
            else { return nil }
            bytes.append(high << 4 | low)
        }
        guard bytes.count > 5, bytes[0] == Self.version else { return nil }
        let sum = Self.number(bytes[(bytes.count - 4)...])
        bytes.removeLast(4)
        guard sum == UInt64(Self.checksum(bytes, kind)) else { return nil }
        var values: [Value] = []
        var rest = bytes[1...]
        while let tag = rest.popFirst() {
            guard let value = Self.value(tag, &rest) else { return nil }
            values.append(value)
        }
        self.values = values
    }

    private static func value(_ tag: UInt8, _ rest: inout ArraySlice<UInt8>) -> Value? {
        if tag == UInt8(ascii: "t") {
            guard rest.count >= 2 else { return nil }
            let length = Int(number(rest.prefix(2)))
            rest.removeFirst(2)
            guard rest.count >= length, let text = String(validating: rest.prefix(length), as: UTF8.self)
            else { return nil }
            rest.removeFirst(length)
            return .text(text)
        }
        guard rest.count >= 8 else { return nil }
        let bits = Int64(bitPattern: number(rest.prefix(8)))
        rest.removeFirst(8)
        switch tag {
        case UInt8(ascii: "i"): return .integer(bits)
        case UInt8(ascii: "m"): return .timestamp(bits)
        default: return nil
        }
    }

    private static func append(_ number: UInt64, byteCount: Int, to bytes: inout [UInt8]) {
        for shift in stride(from: (byteCount - 1) * 8, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> UInt64(shift)))
        }
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
        bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    /// FNV-1a, 32 bits (draft-eastlake-fnv): finds accidents; a forged cursor only ever moves its sender's own page.
    private static func checksum(_ bytes: [UInt8], _ kind: PageKind) -> UInt32 {
        var hash: UInt32 = 2_166_136_261
        for byte in bytes + Array(kind.rawValue.utf8) {
            hash = (hash ^ UInt32(byte)) &* 16_777_619
        }
        return hash
    }
}
