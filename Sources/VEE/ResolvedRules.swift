import RuleSets

/// The parameters of one rule set for one kind of series.
final class ResolvedRules: Sendable {
    let version: String
    let parameters: RuleParameters

    init(version: String, parameters: RuleParameters) {
        self.version = version
        self.parameters = parameters
    }
}
