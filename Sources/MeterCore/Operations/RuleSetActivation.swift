/// A rule set takes effect for data from `effectiveFrom` on.
public struct RuleSetActivation: Sendable, Equatable {
    public var version: String
    public var json: String
    public var effectiveFrom: Instant

    public init(version: String, json: String, effectiveFrom: Instant) {
        self.version = version
        self.json = json
        self.effectiveFrom = effectiveFrom
    }
}
