import Foundation

/// The type that generated messages use for `bytes` fields. Foundation stays in this file.
typealias ByteField = Data

extension ByteField {
    /// A field with these bytes.
    static func holding(_ bytes: [UInt8]) -> ByteField { Data(bytes) }

    /// A field with these words, little endian.
    static func holding(words: [UInt16]) -> ByteField {
        words.isEmpty ? ByteField() : Data(words.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8($0 >> 8)] })
    }

    var array: [UInt8] { [UInt8](self) }

    /// The field as little-endian words; an odd last byte is left out.
    var words: [UInt16] {
        let bytes = array
        return stride(from: 0, to: bytes.count - bytes.count % 2, by: 2).map {
            UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8
        }
    }
}
