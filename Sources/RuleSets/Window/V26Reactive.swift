import MeterCore
public import MeterEvents

/// V26, kvarh check.
///
/// Definition: reactive energy without active energy: a phase or a current transformer of the active part is broken or bridged.
///
/// Formula: on the kvarh channel, when the longest run of zeros of every kWh channel of the meter with the same interval length and the
/// longest run above zero of this one have at least `minimumIntervals` intervals in common, and the mean of this channel's intervals above
/// zero is more than `ratedPercent` of what the service can carry (`minimumPerHour` where that is not known).
///
/// Parameters: `enabled`, `severity` (warn), `ratedPercent` (5), `minimumIntervals` (4), `minimumPerHour` (0.5 kvarh per hour).
///
/// Source: California DASMMD kVARh check; the figures are our own.
public struct ReactiveRule: Sendable, Equatable {
    public static let number: UInt32 = 26

    public var isEnabled = true
    public var severity = Severity.warn
    /// In billionths of a percent.
    public var ratedPercentBillionths: Int64 = 5 * Quantity.scale
    public var minimumIntervals: Int64 = 4
    /// kvarh per hour of interval, in billionths.
    public var minimumPerHourBillionths: Int64 = Quantity.scale / 2

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        let day = window.statistics
        guard isEnabled, window.unit == .kilovarHour, day.longestUseSeconds > 0, day.measured > day.zeros else {
            return
        }
        var start = Int64(day.longestUseStart)
        var end = start + Int64(day.longestUseSeconds)
        var isCompared = false
        for sibling in window.siblings
        where sibling.unit == .kilowattHour && sibling.intervalSeconds == window.intervalSeconds {
            isCompared = true
            let zeroStart = Int64(sibling.statistics.longestZeroStart)
            start = max(start, zeroStart)
            end = min(end, zeroStart + Int64(sibling.statistics.longestZeroSeconds))
        }
        guard isCompared, end - start >= max(minimumIntervals, 1) * window.intervalSeconds else { return }
        let mean = Int128(day.sum) / Int128(day.measured - day.zeros)
        let limit = limitBillionths(window)
        guard mean > limit else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: Int64(clamping: mean),
                limitBillionths: Int64(clamping: limit)
            )
        )
    }

    /// In billionths of a kvarh an interval.
    private func limitBillionths(_ window: WindowView) -> Int128 {
        let watts = SlotLimits.capacityWatts(window.registration, window.meter)
        guard watts > 0 else { return Int128(minimumPerHourBillionths) * Int128(window.intervalSeconds) / 3600 }
        let rated = Int128(watts) * 1_000_000 * Int128(window.intervalSeconds) / 3600
        return rated * Int128(ratedPercentBillionths) / (100 * Int128(Quantity.scale))
    }
}

extension ReactiveRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Reactive energy without active energy.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("ratedPercent", .percents, "Of the capacity, percent.") { $1(&$0.ratedPercentBillionths) },
            .whole("minimumIntervals", 1...1440, "Intervals.") { $1(&$0.minimumIntervals) },
            .number("minimumPerHour", .amounts, "Where the registry has no capacity, kvarh per hour.") {
                $1(&$0.minimumPerHourBillionths)
            },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "reactive energy of \(finding.amount) an interval without active energy"
    }
}
