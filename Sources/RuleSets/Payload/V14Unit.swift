import MeterCore
public import MeterEvents

/// V14, unit of measure and multiplier.
///
/// Definition: unit and multiplier of a payload must be those of the channel in the registry.
///
/// Formula: refused when the units differ (observed and limit are their numbers, `MeasurementUnit.rawValue`), or when both sides name a
/// multiplier and they differ (observed and limit are the multipliers).
///
/// Parameters: `enabled`, `severity` (fail: refused; warn, info: told).
///
/// Source: Oracle Utilities MDM "UOM Check" and "Multiplier Check".
public struct UnitRule: Sendable, Equatable {
    public static let number: UInt32 = 14
    public static let exceptionCode = "ERR_VEE_UNIT_14"

    public var isEnabled = true
    public var severity = Severity.fail

    public init() {}

    func judge(_ payload: PayloadView, _ findings: inout [PayloadFinding]) {
        guard isEnabled, let registered = payload.registration else { return }
        if registered.unit != payload.unit {
            append(
                Int64(payload.unit.rawValue) * Quantity.scale,
                Int64(registered.unit.rawValue) * Quantity.scale,
                &findings
            )
        } else if registered.multiplierBillionths > 0, payload.multiplierBillionths > 0,
            registered.multiplierBillionths != payload.multiplierBillionths
        {
            append(payload.multiplierBillionths, registered.multiplierBillionths, &findings)
        }
    }

    private func append(_ observed: Int64, _ limit: Int64, _ findings: inout [PayloadFinding]) {
        findings.append(
            PayloadFinding(
                rule: Self.number,
                severity: severity,
                action: severity == .fail ? .refuse : .note,
                observedBillionths: observed,
                limitBillionths: limit
            )
        )
    }
}

extension UnitRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Unit and multiplier against the registry.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "\(text(finding.observedBillionths)), the registry has \(text(finding.limitBillionths))"
    }

    /// Units are told by number, multipliers by value; units have numbers below 256.
    private static func text(_ billionths: Int64) -> String {
        let whole = billionths / Quantity.scale
        if billionths % Quantity.scale == 0, let unit = UInt8(exactly: whole).flatMap(MeasurementUnit.init(rawValue:)) {
            return "\(whole) (as a unit: \(unit.symbol))"
        }
        return Quantity(billionths: billionths).description
    }
}
