import MeterCore
public import MeterEvents

/// V25, sum check.
///
/// Definition: the intervals between two readings of a register must add up to the difference of the readings, and the registers of
/// the rates to that of the total.
///
/// Formula: fails when `|S - R| > max(steps * step of the register, R * percent / 100)`, strictly. The step is the greatest power of
/// ten, 1 at most, of which both readings are multiples. A span is judged when it begins and ends with a slot and all of its
/// slots have a result that may be used; rates are judged when there are at least two with the very instants of the total's span.
///
/// Parameters: `enabled`, `severity` (fail: not of revenue quality), `percent` (0.1), `steps` (2).
///
/// Source: California DASMMD; Oracle Utilities MDM "Sum Check", whose tolerance is for the utility to set. A day that passes is
/// not excused from the other checks (CPUC VEE list, dai3/msg00150).
public struct SumCheckRule: Sendable, Equatable {
    public static let number: UInt32 = 25

    public var isEnabled = true
    public var severity = Severity.fail
    /// In billionths of a percent.
    public var percentBillionths: Int64 = Quantity.scale / 10
    public var steps: Int64 = 2

    public init() {}

    func judge(_ window: WindowView, _ findings: inout [WindowFinding]) {
        guard isEnabled, !window.registers.isEmpty, window.unit.isAccumulated else { return }
        var worst: WindowFinding?
        for span in window.registers {
            guard span.tou.isEmpty, let advance = span.advance else { continue }
            if span.isAligned, span.expected > 0, span.used == span.expected {
                compare(Int128(span.intervalSum), advance, span, &worst)
            }
            var rates: Int128 = 0
            var count = 0
            for rate in window.registers where !rate.tou.isEmpty && rate.from.at == span.from.at {
                guard rate.to.at == span.to.at, let part = rate.advance else { continue }
                rates += Int128(part)
                count += 1
            }
            if count >= 2 { compare(rates, advance, span, &worst) }
        }
        if let worst { findings.append(worst) }
    }

    /// The finding's observed value is the difference, its limit the tolerance; of several the one with the greater difference stays.
    private func compare(_ sum: Int128, _ advance: Int64, _ span: RegisterSpan, _ worst: inout WindowFinding?) {
        let difference = Int64(clamping: sum - Int128(advance))
        let tolerance = toleranceBillionths(advance: advance, span.from.value, span.to.value)
        guard difference.magnitude > tolerance.magnitude else { return }
        if let worst, worst.observedBillionths.magnitude >= difference.magnitude { return }
        worst = WindowFinding(
            rule: Self.number,
            severity: severity,
            observedBillionths: difference,
            limitBillionths: tolerance
        )
    }

    /// The most by which a sum may be off, in billionths of the unit.
    package func toleranceBillionths(advance: Int64, _ from: Int64, _ to: Int64) -> Int64 {
        var step = Quantity.scale
        while step > 1, from % step != 0 || to % step != 0 { step /= 10 }
        let share = Int128(advance.magnitude) * Int128(percentBillionths) / (100 * Int128(Quantity.scale))
        return Int64(clamping: max(share, Int128(steps) * Int128(step)))
    }
}

extension SumCheckRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Intervals against registers, rates against the total.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .number("percent", 0...100, "Tolerance, percent of the register difference.") { $1(&$0.percentBillionths) },
            .whole("steps", 0...1000, "Tolerance, steps of the register.") { $1(&$0.steps) },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "intervals and registers differ by \(finding.amount), \(finding.limitAmount) are allowed"
    }
}
