import MeterCore
public import MeterEvents

/// V32, unexpected reverse energy.
///
/// Definition: energy received from a customer of whom no generator is on file.
///
/// Formula: on a channel registered as `received`, of a meter without generation, when the day's sum is above `minimumPerDay`. When the device
/// reported energy in reverse in the window as well, the finding is of the corroborated severity.
///
/// Parameters: `enabled`, `severity` (warn), `corroboratedSeverity` (fail), `minimumPerDay` (0.1 kWh).
///
/// Source: usage reported by AMI analytics products; events 3.12.48.219 and 3.33.1.219 of IEC 61968-9 say the same of single moments.
public struct ReverseEnergyRule: Sendable, Equatable {
    public static let number: UInt32 = 32

    public var isEnabled = true
    public var severity = Severity.warn
    /// Where the device reported it too.
    public var corroboratedSeverity = Severity.fail
    /// kWh, in billionths.
    public var minimumPerDayBillionths: Int64 = Quantity.scale / 10

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        guard isEnabled, window.registration?.kind == .received, window.unit == .kilowattHour,
            let meter = window.meter, !meter.hasGeneration
        else { return }
        let limit = Int64(clamping: Int128(minimumPerDayBillionths) * Int128(window.statistics.days))
        guard window.statistics.sum > limit else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: window.reversals.isEmpty ? severity : corroboratedSeverity,
                observedBillionths: window.statistics.sum,
                limitBillionths: limit
            )
        )
    }
}

extension ReverseEnergyRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Received energy without a generator on file.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .severity("corroboratedSeverity", "Where the device reported it too.") { $1(&$0.corroboratedSeverity) },
            .number("minimumPerDay", .amounts, "Smaller totals are passed over, kWh.") {
                $1(&$0.minimumPerDayBillionths)
            },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "\(finding.amount) received, no generator is on file"
    }
}
