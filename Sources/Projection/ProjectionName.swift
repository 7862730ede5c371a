/// The projections: each folds its topics into one read model and can be rebuilt alone.
public enum ProjectionName: String, Sendable, CaseIterable, Comparable {
    case readings
    case exceptions
    case alarms
    case deadLetters = "dead_letters"
    case registry
    case payloads

    /// The topics folded.
    public var topics: [String] {
        switch self {
        case .readings: ["meter.validated"]
        case .exceptions: ["meter.exceptions"]
        case .alarms: ["meter.alarms.p0", "meter.alarms.p1", "meter.alarms.p2", "meter.alarms.p3"]
        case .deadLetters: ["meter.deadletter"]
        case .registry: ["meter.journal"]
        case .payloads: ["meter.payloads"]
        }
    }

    /// Whether the topics are kept for ever, so that a missing record is a loss and not retention.
    public var isKeptForEver: Bool {
        switch self {
        case .readings, .deadLetters, .registry, .payloads: true
        case .exceptions, .alarms: false
        }
    }

    /// The schema of a generation of the read model.
    public func schema(generation: Int32) -> String { "rm_\(rawValue)_\(generation)" }

    public static func < (left: ProjectionName, right: ProjectionName) -> Bool { left.rawValue < right.rawValue }
}
