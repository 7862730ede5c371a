import Foundation

/// The type that generated messages use for `bytes` fields. Foundation stays in this file.
typealias ByteField = Data

extension ByteField {
    /// A field with these bytes.
    static func holding(_ bytes: [UInt8]) -> ByteField { Data(bytes) }

    var array: [UInt8] { [UInt8](self) }
}
