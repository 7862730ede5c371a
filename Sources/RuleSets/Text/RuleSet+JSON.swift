/// The text form of a rule set, an object in JSON:
///
///     {
///       "name": "winter",                          optional, for people; the version is the hash of the bytes
///       "rules": {
///         "V19": { "thresholdPercent": 250, "severity": "warn" }
///       },
///       "estimation": {
///         "order": [ { "method": "E1", "maximumGapSeconds": 7200 } ]
///       },
///       "overrides": [
///         { "match": { "customerClass": ["commercial"] }, "rules": { "V21": { "enabled": true } } }
///       ]
///     }
///
/// What is left out has its default (`RuleSet.default1`). A name that is not listed in `RuleCatalog.parameters` is an error, so that a
/// misspelt parameter is never passed over.
extension RuleSet {
    /// Overrides that one rule set may have.
    public static let maximumOverrides = 1000

    /// - Throws: `RuleSetError` with the line, when the text is no JSON or says something that is not known or not allowed.
    public init(json: String, version: String) throws(RuleSetError) {
        self.init(version: version)
        let root = try RuleSetObject(RuleSetText.read(json))
        try root.allow(["name", "rules", "estimation", "overrides"])
        _ = try root.text("name")
        for change in try Self.changes(root) { change.apply(to: &base) }
        try Self.check(base, root)
        for element in try root.objects("overrides") ?? [] {
            guard overrides.count < Self.maximumOverrides else {
                throw RuleSetError(line: element.line, reason: "more than \(Self.maximumOverrides) overrides")
            }
            overrides.append(try Self.override(element))
            var whole = base
            for change in overrides[overrides.count - 1].changes { change.apply(to: &whole) }
            try Self.check(whole, element)
        }
    }

    private static func override(_ object: RuleSetObject) throws(RuleSetError) -> RuleOverride {
        try object.allow(["match", "rules", "estimation"])
        guard let match = try object.object("match") else {
            throw RuleSetError(line: object.line, reason: "an override without \"match\"")
        }
        try match.allow(["commodity", "customerClass", "group", "channel", "meter"])
        let found = RuleMatch(
            commodities: try match.texts("commodity") ?? [],
            customerClasses: try match.texts("customerClass") ?? [],
            groups: try match.texts("group") ?? [],
            channels: try match.texts("channel") ?? [],
            meters: try match.texts("meter") ?? []
        )
        guard found != RuleMatch() else {
            throw RuleSetError(line: match.line, reason: "an override that matches everything")
        }
        return RuleOverride(match: found, changes: try changes(object))
    }

    /// The parameters that an object with "rules" and "estimation" names.
    private static func changes(_ object: RuleSetObject) throws(RuleSetError) -> [RuleChange] {
        var changes: [RuleChange] = []
        for section in ["rules", "estimation"] {
            guard let part = try object.object(section) else { continue }
            try read(part, [section], &changes)
        }
        return changes.sorted { $0.index < $1.index }
    }

    private static func read(
        _ object: RuleSetObject,
        _ prefix: [String],
        _ changes: inout [RuleChange]
    ) throws(RuleSetError) {
        for name in object.names {
            let path = prefix + [name]
            if let index = RuleCatalog.parameters.firstIndex(where: { $0.path == path }) {
                if let value = try object.value(name, RuleCatalog.parameters[index].kind) {
                    changes.append(RuleChange(index, value))
                }
            } else if RuleCatalog.parameters.contains(where: { $0.path.starts(with: path) }) {
                if let inner = try object.object(name) { try read(inner, path, &changes) }
            } else {
                throw RuleSetError(line: object.line(of: name), reason: "\"\(name)\" is not known here")
            }
        }
    }

    /// What single values can't say.
    private static func check(_ parameters: RuleParameters, _ object: RuleSetObject) throws(RuleSetError) {
        for rule in RuleCatalog.rules {
            guard let contradiction = rule.contradiction(parameters) else { continue }
            throw RuleSetError(line: object.line, reason: "\(rule.name): \(contradiction)")
        }
    }
}
