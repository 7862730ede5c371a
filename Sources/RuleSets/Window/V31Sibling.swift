import MeterCore
public import MeterEvents

/// V31, sibling channels.
///
/// Definition: every channel with intervals that the registry has for the meter has data for the same day.
///
/// Formula: found when a registered channel has no result at all on a day on which this one has. It is said once a day: by the first
/// registered channel that has data. Observed is the number of channels with data, the limit the number that are registered.
///
/// Parameters: `enabled`, `severity` (warn).
///
/// Source: Oracle Utilities MDM "Ensure IMD Exists for Sibling MCs".
public struct SiblingRule: Sendable, Equatable {
    public static let number: UInt32 = 31

    public var isEnabled = true
    public var severity = Severity.warn

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        guard isEnabled, let meter = window.meter, window.statistics.used > 0 else { return }
        var registered: Int64 = 0
        var present: Int64 = 0
        var speaker: String?
        for channel in meter.channels where channel.kind != .register && channel.intervalSeconds > 0 {
            registered += 1
            guard channel.channel == window.channel || hasData(channel.channel, window) else { continue }
            present += 1
            if speaker == nil { speaker = channel.channel }
        }
        guard speaker == window.channel, present < registered else { return }
        findings.append(
            WindowFinding(
                rule: Self.number,
                severity: severity,
                observedBillionths: present * Quantity.scale,
                limitBillionths: registered * Quantity.scale
            )
        )
    }

    private func hasData(_ channel: String, _ window: WindowView) -> Bool {
        window.siblings.contains { $0.channel == channel && $0.statistics.used > 0 }
    }
}

extension SiblingRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Registered channels without data.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "\(finding.whole) of \(finding.wholeLimit) registered channels have data"
    }
}
