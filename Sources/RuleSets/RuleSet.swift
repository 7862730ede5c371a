/// The rules with their parameters, as one version. Every result names the version that decided it.
public struct RuleSet: Sendable, Equatable {
    public var version: String
    /// What holds where no override says otherwise.
    public var base: RuleParameters
    /// Applied in this order to the channels they match; a later one changes what an earlier one said.
    public var overrides: [RuleOverride]

    public init(version: String, base: RuleParameters = RuleParameters(), overrides: [RuleOverride] = []) {
        self.version = version
        self.base = base
        self.overrides = overrides
    }

    /// The rules a new installation starts with.
    public static let default1 = RuleSet(version: "default-1")

    /// The parameters that hold for a series.
    package func parameters(for traits: SeriesTraits) -> RuleParameters {
        var parameters = base
        for override in overrides where override.match.matches(traits) {
            for change in override.changes { change.apply(to: &parameters) }
        }
        return parameters
    }
}
