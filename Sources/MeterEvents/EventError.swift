/// Stored bytes that are not the event they should be: a defect of the writer or damage in the log, never a device's fault.
public enum EventError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Not a protobuf message of this type.
    case malformed(String)
    /// Written by a later version of the schema than this program knows.
    case laterSchema(UInt32)
    /// A field holds what it can't (array lengths that disagree, an unknown unit).
    case inconsistent(String)

    public var description: String {
        switch self {
        case .malformed(let reason): "malformed event: \(reason)"
        case .laterSchema(let version): "event of schema version \(version), this program knows \(EventSchema.version)"
        case .inconsistent(let reason): "inconsistent event: \(reason)"
        }
    }
}

/// The version written into every stored event.
public enum EventSchema {
    public static let version: UInt32 = 1

    static func check(_ version: UInt32) throws(EventError) {
        guard version <= EventSchema.version else { throw .laterSchema(version) }
    }
}
