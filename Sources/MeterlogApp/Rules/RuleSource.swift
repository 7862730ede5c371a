import Foundation
import MeterCore
import RuleSets
import Settings

/// A rule set by what a person calls it: a version in the log, `active`, `default`, or a file.
struct RuleSource: Sendable {
    let text: String
    let rules: RuleSet

    static func named(_ name: String, settings: Settings) async throws -> RuleSource {
        if name == "default" || name == RuleSet.default1.version { return shipped }
        if FileManager.default.fileExists(atPath: name) {
            let file = try RuleFile(path: name)
            return RuleSource(text: file.json, rules: file.rules)
        }
        let cluster = try ClusterAccess(settings: settings, logger: settings.logger("meterlog.rules"))
        let known = try await BlockingThread.run { try ActivatedRules(cluster) }
        let found: ActivatedRules.Activation?
        if name == "active" {
            found = known.inForce(at: Instant(secondsSinceEpoch: Stopwatch.wallMilliseconds() / 1000))
            if found == nil { return shipped }
        } else {
            found = known.activations.last { $0.version.hasPrefix(name) }
        }
        guard let found else {
            throw AppError.unusable(
                "\"\(name)\" is no file and no version in the log; meterlog rules show lists the versions"
            )
        }
        let file = try RuleFile(path: "version \(found.version)", json: found.json)
        return RuleSource(text: found.json, rules: file.rules)
    }

    private static var shipped: RuleSource { RuleSource(text: RuleSet.default1.json, rules: .default1) }
}
