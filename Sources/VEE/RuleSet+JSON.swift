import MeterCore
import MeterEvents

/// The text form of a rule set:
///
///     {
///       "version": "2026-01",                       optional; must then be the version it is activated as
///       "rules": {
///         "V08": { "enabled": true },
///         "V09": { "enabled": true },
///         "V19": { "enabled": true, "thresholdPercent": 180, "minimumPerHour": 0.5, "severity": "fail" },
///         "V30": { "enabled": true, "netChannels": ["N1", "2-0:*"] }
///       },
///       "estimation": {
///         "E1": { "enabled": true, "maximumGapSeconds": 7200, "powerFailureReasons": [43, 79] }
///       }
///     }
///
/// What is left out has its default (`RuleSet.default1`). A name that is not listed here is an error, so that a misspelt parameter
/// is never passed over.
extension RuleSet {
    public init(json: String, version: String) throws(RuleSetError) {
        self.init(version: version)
        let root = try RuleSetObject(RuleSetText.read(json))
        try root.allow(["version", "rules", "estimation"])
        if let named = try root.text("version"), named != version {
            throw RuleSetError(line: root.line, reason: "version \"\(named)\" is activated as \"\(version)\"")
        }
        if let rules = try root.object("rules") { try read(rules) }
        if let estimation = try root.object("estimation") {
            try estimation.allow(["E1"])
            if let parameters = try estimation.object("E1") { linear = try LinearEstimation(parameters) }
        }
    }

    private mutating func read(_ rules: RuleSetObject) throws(RuleSetError) {
        try rules.allow(["V08", "V09", "V19", "V30"])
        if let parameters = try rules.object("V08") {
            try parameters.allow(["enabled"])
            alignment.isEnabled = try parameters.flag("enabled") ?? alignment.isEnabled
        }
        if let parameters = try rules.object("V09") {
            try parameters.allow(["enabled"])
            gap.isEnabled = try parameters.flag("enabled") ?? gap.isEnabled
        }
        if let parameters = try rules.object("V19") { spike = try SpikeRule(parameters) }
        if let parameters = try rules.object("V30") {
            try parameters.allow(["enabled", "netChannels"])
            negative.isEnabled = try parameters.flag("enabled") ?? negative.isEnabled
            negative.netChannels = try parameters.texts("netChannels") ?? negative.netChannels
        }
    }
}

extension SpikeRule {
    fileprivate init(_ parameters: RuleSetObject) throws(RuleSetError) {
        self.init()
        try parameters.allow(["enabled", "thresholdPercent", "minimumPerHour", "severity"])
        isEnabled = try parameters.flag("enabled") ?? isEnabled
        let threshold = try parameters.number("thresholdPercent", 0...1_000_000)
        thresholdPercentBillionths = threshold ?? thresholdPercentBillionths
        minimumPerHourBillionths =
            try parameters.number("minimumPerHour", 0...1_000_000_000) ?? minimumPerHourBillionths
        switch try parameters.text("severity") {
        case nil: break
        case "fail"?: severity = .fail
        case "warn"?: severity = .warn
        case let other?:
            throw RuleSetError(line: parameters.line, reason: "severity \"\(other)\" is neither fail nor warn")
        }
    }
}

extension LinearEstimation {
    fileprivate init(_ parameters: RuleSetObject) throws(RuleSetError) {
        self.init()
        try parameters.allow(["enabled", "maximumGapSeconds", "powerFailureReasons"])
        isEnabled = try parameters.flag("enabled") ?? isEnabled
        maximumGapSeconds = try parameters.whole("maximumGapSeconds", 0...86_400) ?? maximumGapSeconds
        if let reasons = try parameters.wholes("powerFailureReasons", 1...255) {
            powerFailureReasons = reasons.map { UInt8(clamping: $0) }
        }
    }
}
