extension RuleSet {
    /// The whole rule set as JSON, every parameter named. Reading it gives an equal rule set; equal rule sets have equal texts.
    public var json: String {
        var lines = ["{", "  \"name\": \(RuleValue.quoted(version)),"]
        let values = RuleCatalog.parameters.map { ($0.path, $0.get(base)) }
        lines += Self.object(values[...], depth: 0, indent: "  ")
        if !overrides.isEmpty {
            lines[lines.count - 1] += ","
            lines.append("  \"overrides\": [")
            for (index, override) in overrides.enumerated() {
                lines.append("    {")
                lines += Self.lines(override)
                lines.append(index == overrides.count - 1 ? "    }" : "    },")
            }
            lines.append("  ]")
        }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ override: RuleOverride) -> [String] {
        let match = override.match.members.map { "\"\($0.name)\": \(RuleValue.texts($0.patterns).json)" }
        var lines = ["      \"match\": {\(match.joined(separator: ", "))}"]
        guard !override.changes.isEmpty else { return lines }
        lines[0] += ","
        let values = override.changes.map { (RuleCatalog.parameters[$0.index].path, $0.value) }
        return lines + object(values[...], depth: 0, indent: "      ")
    }

    /// The members of an object: values whose paths are the same up to `depth`. An object of values only is written on one line.
    private static func object(
        _ values: ArraySlice<([String], RuleValue)>,
        depth: Int,
        indent: String
    ) -> [String] {
        var lines: [String] = []
        var rest = values
        while let (path, value) = rest.first {
            let group = rest.prefix { $0.0[depth] == path[depth] }
            rest = rest.dropFirst(group.count)
            let comma = rest.isEmpty ? "" : ","
            let name = "\(indent)\"\(path[depth])\": "
            if path.count == depth + 1 {
                lines += member(name, value, indent, comma)
            } else if group.allSatisfy({ $0.0.count == depth + 2 && $0.1.elements == nil }) {
                let members = group.map { "\"\($0.0[depth + 1])\": \($0.1.json)" }
                lines.append("\(name){\(members.joined(separator: ", "))}\(comma)")
            } else {
                lines.append("\(name){")
                lines += object(group, depth: depth + 1, indent: indent + "  ")
                lines.append("\(indent)}\(comma)")
            }
        }
        return lines
    }

    private static func member(_ name: String, _ value: RuleValue, _ indent: String, _ comma: String) -> [String] {
        guard let elements = value.elements, !elements.isEmpty else { return ["\(name)\(value.json)\(comma)"] }
        let lines = elements.enumerated().map { index, element in
            "\(indent)  \(element)\(index == elements.count - 1 ? "" : ",")"
        }
        return ["\(name)["] + lines + ["\(indent)]\(comma)"]
    }
}

extension RuleMatch {
    /// The lists that choose, by their names in the text.
    var members: [(name: String, patterns: [String])] {
        [
            ("commodity", commodities), ("customerClass", customerClasses), ("group", groups), ("channel", channels),
            ("meter", meters),
        ].filter { !$0.1.isEmpty }
    }
}

/// A place where two rule sets are not the same.
public struct RuleDifference: Sendable, Equatable, CustomStringConvertible {
    /// Such as `rules.V19.thresholdPercent` or `overrides[0].match.group`.
    public var path: String
    /// The values as JSON; nil where there is none.
    public var old: String?
    public var new: String?

    public init(path: String, old: String?, new: String?) {
        self.path = path
        self.old = old
        self.new = new
    }

    public var description: String { "\(path): \(old ?? "none") -> \(new ?? "none")" }
}

extension RuleSet {
    /// What is other than in `old`, but for the version, in the order of the text. Overrides are compared by their places in the list.
    public func differences(from old: RuleSet) -> [RuleDifference] {
        let before = old.values
        let now = values
        var differences: [RuleDifference] = []
        var known: [String: String] = [:]
        for (path, value) in before { known[path] = value }
        for (path, value) in now {
            let held = known.removeValue(forKey: path)
            if held != value { differences.append(RuleDifference(path: path, old: held, new: value)) }
        }
        for (path, value) in before where known[path] != nil {
            differences.append(RuleDifference(path: path, old: value, new: nil))
        }
        return differences
    }

    /// The paths of all parameters, in the order of the text.
    public static var parameterPaths: [String] { RuleCatalog.parameters.map { $0.path.joined(separator: ".") } }

    private var values: [(path: String, value: String)] {
        var values = RuleCatalog.parameters.map { ($0.path.joined(separator: "."), $0.get(base).json) }
        for (index, override) in overrides.enumerated() {
            for (name, patterns) in override.match.members {
                values.append(("overrides[\(index)].match.\(name)", RuleValue.texts(patterns).json))
            }
            for change in override.changes { values.append(("overrides[\(index)].\(change.path)", change.value.json)) }
        }
        return values
    }
}
