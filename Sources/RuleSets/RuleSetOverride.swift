/// Other values of some parameters for some channels.
public struct RuleOverride: Sendable, Equatable {
    public var match: RuleMatch
    public var changes: [RuleChange]

    public init(match: RuleMatch, changes: [RuleChange]) {
        self.match = match
        self.changes = changes
    }
}

/// Which channels an override is for: of each list that is not empty one pattern must match. A pattern is a name, or the beginning of one
/// with a trailing `*`.
public struct RuleMatch: Sendable, Equatable {
    public var commodities: [String]
    public var customerClasses: [String]
    public var groups: [String]
    public var channels: [String]
    public var meters: [String]

    public init(
        commodities: [String] = [],
        customerClasses: [String] = [],
        groups: [String] = [],
        channels: [String] = [],
        meters: [String] = []
    ) {
        self.commodities = commodities
        self.customerClasses = customerClasses
        self.groups = groups
        self.channels = channels
        self.meters = meters
    }

    func matches(_ traits: SeriesTraits) -> Bool {
        Self.matches(commodities, traits.commodity) && Self.matches(customerClasses, traits.customerClass)
            && Self.matches(groups, traits.group) && Self.matches(channels, traits.channel)
            && Self.matches(meters, traits.meter)
    }

    /// Whether the override is for single meters, and for this one.
    package func names(meter: String) -> Bool {
        !meters.isEmpty && Self.matches(meters, meter)
    }

    private static func matches(_ patterns: [String], _ name: String) -> Bool {
        patterns.isEmpty || patterns.contains { NamePattern.matches($0, name) }
    }
}

/// A parameter by its path, with a value.
public struct RuleChange: Sendable, Equatable {
    /// Such as `rules.V19.thresholdPercent`.
    public let path: String
    let index: Int
    let value: RuleValue

    init(_ index: Int, _ value: RuleValue) {
        self.path = RuleCatalog.parameters[index].path.joined(separator: ".")
        self.index = index
        self.value = value
    }

    func apply(to parameters: inout RuleParameters) {
        RuleCatalog.parameters[index].set(&parameters, value)
    }
}
