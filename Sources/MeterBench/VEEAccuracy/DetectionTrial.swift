import MeterCore
import MeterEvents
import VEE

/// What the shipped rules find in untouched data, and in data with anomalies at known places.
struct DetectionTrial: Sendable {
    /// Findings of one rule, counted in windows.
    struct RuleCount: Sendable {
        /// Windows it spoke about that hold an anomaly which it is there to find.
        var right = 0
        /// Windows it spoke about.
        var all = 0
        /// Anomalies that it is there to find, and those it found.
        var anomalies = 0
        var found = 0

        var precision: Double { all == 0 ? 0 : Double(right) / Double(all) }
        var recall: Double { anomalies == 0 ? 0 : Double(found) / Double(anomalies) }
    }

    struct KindCount: Sendable {
        var anomalies = 0
        /// Found by at least one rule that is there for it.
        var found = 0
    }

    private(set) var rules: [UInt32: RuleCount] = [:]
    private(set) var kinds: [Anomaly.Kind: KindCount] = [:]
    /// Untouched data: intervals, those with a finding of severity warn or fail, and the same by rule.
    private(set) var intervals = 0
    private(set) var alarmed = 0
    private(set) var alarmedByRule: [UInt32: Int] = [:]
    /// Untouched data: days, and windows with an open exception by rule.
    private(set) var days = 0
    private(set) var windowsByRule: [UInt32: Int] = [:]

    private let configuration: VEEConfiguration

    init(zones: ZoneCatalog) {
        configuration = VEEConfiguration(zones: zones)
    }

    /// Percent of the intervals of untouched data with a finding.
    var falseAlarmPercent: Double { intervals == 0 ? 0 : 100 * Double(alarmed) / Double(intervals) }

    mutating func runUntouched(_ year: MeteredYear) throws(AccuracyError) {
        let folded = try FoldedYear(year, configuration: configuration)
        intervals += year.count
        days += year.count / Int(86_400 / year.intervalSeconds)
        for (index, findings) in folded.findings.enumerated() where findings != 0 {
            // What is missing in the data itself is no false alarm.
            guard year.billionths[index] != nil else { continue }
            alarmed += 1
            for rule in 0..<64 where findings & (1 << UInt64(rule)) != 0 {
                alarmedByRule[UInt32(rule), default: 0] += 1
            }
        }
        for (key, exception) in folded.exceptions where exception.severity != .info {
            windowsByRule[key.rule, default: 0] += 1
        }
    }

    mutating func runInjected(_ injector: AnomalyInjector) throws(AccuracyError) {
        let year = injector.year
        let folded = try FoldedYear(year, configuration: configuration, facts: injector.facts)
        let exceptions = folded.exceptions.values.filter { $0.severity != .info }
        for anomaly in injector.anomalies {
            var isFound = false
            for rule in anomaly.kind.rules {
                rules[rule, default: RuleCount()].anomalies += 1
                guard exceptions.contains(where: { $0.rule == rule && Self.overlaps($0, anomaly, year) }) else {
                    continue
                }
                rules[rule, default: RuleCount()].found += 1
                isFound = true
            }
            kinds[anomaly.kind, default: KindCount()].anomalies += 1
            if isFound { kinds[anomaly.kind, default: KindCount()].found += 1 }
        }
        for exception in exceptions {
            let isRight = injector.anomalies.contains {
                $0.kind.rules.contains(exception.rule) && Self.overlaps(exception, $0, year)
            }
            rules[exception.rule, default: RuleCount()].all += 1
            if isRight { rules[exception.rule, default: RuleCount()].right += 1 }
        }
    }

    private static func overlaps(_ exception: VeeException, _ anomaly: Anomaly, _ year: MeteredYear) -> Bool {
        exception.windowStart.secondsSinceEpoch < year.start(of: anomaly.range.upperBound)
            && exception.windowEnd.secondsSinceEpoch > year.start(of: anomaly.range.lowerBound)
    }
}
