/// An operator's order to estimate whatever is missing in `[from, to)`, whatever the limits of the estimation say.
public struct ForceEstimate: Sendable, Equatable {
    /// All meters of this group; empty when `meters` names them.
    public var group: String
    public var meters: [String]
    public var from: Instant
    public var to: Instant
    public var user: String
    public var reason: String

    public init(group: String, meters: [String], from: Instant, to: Instant, user: String, reason: String) {
        self.group = group
        self.meters = meters
        self.from = from
        self.to = to
        self.user = user
        self.reason = reason
    }
}
