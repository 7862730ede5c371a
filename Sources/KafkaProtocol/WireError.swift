/// Why bytes are not the message they should be. The reaction is always the same: drop the connection.
public enum WireError: Error, Equatable, Sendable {
    /// The bytes end before the field does.
    case truncated
    /// A length is negative where it may not be, or larger than what is left.
    case invalidLength(Int)
    /// Its arrays have more elements than any request needs.
    case tooManyElements(limit: Int)
    /// A variable-length integer has more bits than its type.
    case malformedVarint
    /// A field that may not be null is.
    case unexpectedNull
    /// Bytes are left over after the last field.
    case trailingBytes(Int)
    /// The API key is not one of `APIKey`.
    case unknownAPI(Int16)
    /// The field lists do not describe this version.
    case unsupportedVersion(api: APIKey, version: Int16)
    /// The stored record's version is not described.
    case unsupportedRecordVersion(Int16)
}
