extension RuleSet {
    /// The JSON Schema (2020-12) of the text form, made from the parameters that are read.
    public static var jsonSchema: String {
        let head = """
            {
              "$schema": "https://json-schema.org/draft/2020-12/schema",
              "title": "Meterlog rule set",
              "type": "object",
              "additionalProperties": false,
              "properties": {
                "name": {"type": "string", "description": "Optional, for people; the version is the hash of the bytes."},
                "rules": {"$ref": "#/$defs/rules"},
                "estimation": {"$ref": "#/$defs/estimation"},
                "overrides": {
                  "type": "array",
                  "maxItems": \(maximumOverrides),
                  "description": "Applied in this order to the channels they match.",
                  "items": {
                    "type": "object",
                    "additionalProperties": false,
                    "required": ["match"],
                    "properties": {
                      "match": {"$ref": "#/$defs/match"},
                      "rules": {"$ref": "#/$defs/rules"},
                      "estimation": {"$ref": "#/$defs/estimation"}
                    }
                  }
                }
              },
              "$defs": {
                "patterns": {"type": "array", "items": {"type": "string", "minLength": 1}},
                "severity": {"enum": ["info", "warn", "fail"]},
                "match": {
                  "type": "object",
                  "additionalProperties": false,
                  "minProperties": 1,
                  "description": "Of each list one pattern must match: a name, or the beginning of one with a trailing *.",
                  "properties": {
                    "commodity": {"$ref": "#/$defs/patterns"},
                    "customerClass": {"$ref": "#/$defs/patterns"},
                    "group": {"$ref": "#/$defs/patterns"},
                    "channel": {"$ref": "#/$defs/patterns"},
                    "meter": {"$ref": "#/$defs/patterns"}
                  }
                },
            """
        var lines = [head]
        for section in ["rules", "estimation"] {
            let parameters = RuleCatalog.parameters.filter { $0.path[0] == section }
            lines += object(section, parameters[...], depth: 1, indent: "    ")
            lines[lines.count - 1] += section == "rules" ? "," : ""
        }
        return (lines + ["  }", "}"]).joined(separator: "\n") + "\n"
    }

    /// An object of the parameters whose paths are the same up to `depth`.
    private static func object(
        _ name: String,
        _ parameters: ArraySlice<RuleParameter<RuleParameters>>,
        depth: Int,
        indent: String
    ) -> [String] {
        var lines = [
            "\(indent)\"\(name)\": {", "\(indent)  \"type\": \"object\",",
            "\(indent)  \"additionalProperties\": false,",
            "\(indent)  \"properties\": {",
        ]
        var rest = parameters
        while let first = rest.first {
            let group = rest.prefix { $0.path[depth] == first.path[depth] }
            rest = rest.dropFirst(group.count)
            if first.path.count == depth + 1 {
                lines.append("\(indent)    \"\(first.path[depth])\": {\(first.schema)}")
            } else {
                lines += object(first.path[depth], group, depth: depth + 1, indent: indent + "    ")
            }
            if !rest.isEmpty { lines[lines.count - 1] += "," }
        }
        return lines + ["\(indent)  }", "\(indent)}"]
    }
}

extension RuleParameter<RuleParameters> {
    /// What may stand there, without the braces.
    fileprivate var schema: String {
        let value = get(RuleParameters())
        return "\(type), \"default\": \(value.json), \"description\": \(RuleValue.quoted(meaning))"
    }

    private var type: String {
        switch kind {
        case .flag: "\"type\": \"boolean\""
        case .number(let range): "\"type\": \"number\", \(Self.bounds(range))"
        case .whole(let range): "\"type\": \"integer\", \(Self.bounds(range))"
        case .severity: "\"$ref\": \"#/$defs/severity\""
        case .texts: "\"$ref\": \"#/$defs/patterns\""
        case .wholes(let range): Self.list("{\"type\": \"integer\", \(Self.bounds(range))}")
        case .dates: Self.list("{\"type\": \"string\", \"format\": \"date\"}")
        case .steps: Self.list(Self.step)
        case .profiles: Self.list(Self.profile)
        }
    }

    private static func bounds(_ range: ClosedRange<Int64>) -> String {
        "\"minimum\": \(range.lowerBound), \"maximum\": \(range.upperBound)"
    }

    private static func list(_ items: String) -> String { "\"type\": \"array\", \"items\": \(items)" }

    private static var step: String {
        let methods = Estimator.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", ")
        return
            "{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"method\", \"maximumGapSeconds\"], "
            + "\"properties\": {\"method\": {\"enum\": [\(methods)]}, "
            + "\"maximumGapSeconds\": {\"type\": \"integer\", \(bounds(RuleSetObject.gapSeconds))}}}"
    }

    private static var profile: String {
        let weights =
            "{\"type\": \"array\", \"minItems\": 24, \"maxItems\": 24, "
            + "\"items\": {\"type\": \"integer\", \(bounds(RuleSetObject.profileWeights))}}"
        return "{\"type\": \"object\", \"additionalProperties\": false, \"required\": [\"weekday\", \"weekend\"], "
            + "\"properties\": {\"customerClass\": {\"type\": \"string\"}, \"weekday\": \(weights), \"weekend\": \(weights)}}"
    }
}
