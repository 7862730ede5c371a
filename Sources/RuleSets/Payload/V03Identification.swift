import MeterCore
public import MeterEvents

/// V03, meter identification.
///
/// Definition: data of a time at which the meter was not installed is not that of the service point.
///
/// Formula: a payload that ends by `installedFrom` or starts at `installedTo` or after it, by the registry, is refused. A payload that
/// lies across either is told. Where the registry does not know the meter or the dates the rule says nothing.
///
/// Parameters: `enabled`, `severity` (fail: refused; warn, info: told).
///
/// Source: California DASMMD "meter identification".
public struct IdentificationRule: Sendable, Equatable {
    public static let number: UInt32 = 3
    public static let exceptionCode = "ERR_VEE_METER_03"

    public var isEnabled = true
    public var severity = Severity.fail

    public init() {}

    func judge(_ payload: PayloadView, _ findings: inout [PayloadFinding]) {
        guard isEnabled, let meter = payload.meter else { return }
        if let from = meter.installedFrom?.secondsSinceEpoch, payload.start < from {
            append(isOutside: payload.end <= from, payload.start, from, &findings)
        } else if let to = meter.installedTo?.secondsSinceEpoch, payload.end > to {
            append(isOutside: payload.start >= to, payload.end, to, &findings)
        }
    }

    /// Observed and limit are instants, in seconds since 1970.
    private func append(
        isOutside: Bool,
        _ observed: Int64,
        _ limit: Int64,
        _ findings: inout [PayloadFinding]
    ) {
        findings.append(
            PayloadFinding(
                rule: Self.number,
                severity: isOutside ? severity : min(severity, .warn),
                action: isOutside && severity == .fail ? .refuse : .note,
                observedBillionths: Int64(clamping: Int128(observed) * Int128(Quantity.scale)),
                limitBillionths: Int64(clamping: Int128(limit) * Int128(Quantity.scale))
            )
        )
    }
}

private func min(_ left: Severity, _ right: Severity) -> Severity {
    left.rawValue < right.rawValue ? left : right
}

extension IdentificationRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Data of a time when the meter was not installed.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "data of \(Instant(secondsSinceEpoch: finding.whole)), the meter's time here ends or begins at "
            + "\(Instant(secondsSinceEpoch: finding.wholeLimit))"
    }
}
