public import MeterEvents

/// V30, negative consumption.
///
/// Definition: an amount below zero on a channel that counts in one direction. Channels that net both directions are named by
/// parameter. Only units that are amounts (energy, volume) are checked; a power, voltage or temperature may be negative.
///
/// Formula: fails when `value < 0`.
///
/// Result: the slot fails at once with the value as it came. At the close of its window it is estimated like a gap where a method
/// can; the value that came stays in the slot's history and as the observed value of the finding. Otherwise it stays failed.
/// A negative value never takes the place of a good one that is there.
///
/// Parameters: `enabled`, `severity` (fail: the slot is estimated; warn: questionable; info: told), `netChannels`, channel names; a trailing `*` stands for any rest. Default: none.
///
/// Source: Oracle Utilities MDM "Negative Consumption Check".
public struct NegativeRule: Sendable, Equatable {
    public static let number: UInt32 = 30

    public var isEnabled = true
    public var severity = Severity.fail
    public var netChannels: [String] = []

    public init() {}

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard day.limits.isNegativeFound, day.statistics.least < 0 else { return }
        for slot in 0..<day.count {
            let value = day.value(slot)
            guard value < 0, SourceQuality.isChecked(day.quality(slot)) else { continue }
            findings.add(
                RuleFinding(
                    rule: Self.number,
                    severity: severity,
                    effect: Effect(severity, isEstimated: true),
                    first: slot,
                    observedBillionths: value,
                    limitBillionths: 0
                )
            )
        }
    }

    /// Whether values of the channel may not be negative.
    public func applies(toChannel channel: String) -> Bool {
        guard isEnabled else { return false }
        return !netChannels.contains { NamePattern.matches($0, channel) }
    }
}

extension NegativeRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Amounts below zero.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .texts("netChannels", "Patterns of channels that net both directions.") { $1(&$0.netChannels) },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are negative, down to \(finding.amount)"
    }
}
