import MeterCore
import RuleSets
import VEE

/// Estimates of the cut gaps by every method alone, by the shipped order, and by three baselines.
struct EstimationTrial: Sendable {
    struct Key: Hashable, Sendable {
        var gapClass: GapClass
        var method: String
    }

    /// The shipped order of methods.
    static let configured = "configured"
    static let baselines = ["zero", "last-value", "linear-only"]

    private(set) var sums: [Key: ErrorSum] = [:]
    private(set) var configuredTotal = ErrorSum()
    /// Of the configured order: intervals by the method that gave the value.
    private(set) var sources: [String: Int] = [:]

    private let zones: ZoneCatalog
    /// By method; nil parameters are the shipped ones.
    private let configurations: [(method: String, configuration: VEEConfiguration)]

    init(zones: ZoneCatalog) throws(RuleSetError) {
        self.zones = zones
        var configurations = [
            (method: Self.configured, configuration: VEEConfiguration(zones: zones))
        ]
        // E10 fills no gaps: it goes on beyond the newest data.
        for estimator in Estimator.allCases where estimator != .extrapolation {
            let json = """
                {"estimation": {"order": [{"method": "\(estimator.rawValue)", "maximumGapSeconds": 2678400}]}}
                """
            let rules = try RuleSet(json: json, version: estimator.rawValue)
            configurations.append((estimator.rawValue, VEEConfiguration(zones: zones, defaultRules: rules)))
        }
        self.configurations = configurations
    }

    mutating func run(_ truth: MeteredYear, _ cuts: [GapCutter.Cut]) throws(AccuracyError) {
        var year = truth
        for cut in cuts {
            for index in cut.range { year.billionths[index] = nil }
        }
        let scale = truth.mean
        for (method, configuration) in configurations {
            let folded = try FoldedYear(year, configuration: configuration)
            for cut in cuts { score(folded, truth, cut, method, scale) }
        }
        for cut in cuts { scoreBaselines(truth, cut, scale) }
    }

    private mutating func score(
        _ folded: FoldedYear,
        _ truth: MeteredYear,
        _ cut: GapCutter.Cut,
        _ method: String,
        _ scale: Double
    ) {
        var sum = ErrorSum()
        for index in cut.range {
            guard let actual = truth.billionths[index] else { continue }
            let quality = folded.qualities[index]
            if quality == FoldedYear.none || quality == Quality.missing.rawValue {
                sum.addUnfilled()
                continue
            }
            sum.add(estimate: Double(folded.values[index]) / 1e9, truth: Double(actual) / 1e9, scale: scale)
            if method == Self.configured {
                let name = EstimationMethod(rawValue: folded.methods[index])?.name ?? "unknown"
                sources[name, default: 0] += 1
            }
        }
        sums[Key(gapClass: cut.gapClass, method: method), default: ErrorSum()].add(sum)
        if method == Self.configured { configuredTotal.add(sum) }
    }

    private mutating func scoreBaselines(_ truth: MeteredYear, _ cut: GapCutter.Cut, _ scale: Double) {
        guard let before = truth.billionths[cut.range.lowerBound - 1],
            let after = truth.billionths[cut.range.upperBound]
        else { return }
        for (place, index) in cut.range.enumerated() {
            guard let actual = truth.billionths[index] else { continue }
            let part = Double(place + 1) / Double(cut.range.count + 1)
            let line = Double(before) + (Double(after) - Double(before)) * part
            for (method, value) in zip(Self.baselines, [0, Double(before), line]) {
                sums[Key(gapClass: cut.gapClass, method: method), default: ErrorSum()].add(
                    estimate: value / 1e9,
                    truth: Double(actual) / 1e9,
                    scale: scale
                )
            }
        }
    }

    /// All methods, in the order of the report.
    var methods: [String] { configurations.map(\.method) + Self.baselines }
}
