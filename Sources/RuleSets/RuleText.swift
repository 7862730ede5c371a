package import MeterCore
import MeterEvents

/// What an exception says to people and to programs, by the number of its rule.
package enum RuleText {
    /// Stable code for those who act on it; empty when the rule number says it all.
    package static func code(_ rule: UInt32) -> String {
        switch rule {
        case ClockRule.number: ClockRule.exceptionCode
        case IdentificationRule.number: IdentificationRule.exceptionCode
        case IntervalSizeRule.number: IntervalSizeRule.exceptionCode
        case GapRule.number: GapRule.exceptionCode
        case UnitRule.number: UnitRule.exceptionCode
        case CorrectionRule.number: CorrectionRule.exceptionCode
        case FrameCounterRule.number: FrameCounterRule.exceptionCode
        case StormRule.number: StormRule.exceptionCode
        default: ""
        }
    }

    /// What a finding says about single intervals: `count` of them from `firstStart` (seconds since 1970) on.
    package static func reason(
        _ rule: UInt32,
        firstStart: Int64,
        count: UInt32,
        observed: Int64,
        limit: Int64,
        unit: MeasurementUnit
    ) -> String {
        let first = Instant(secondsSinceEpoch: firstStart)
        let said = predicate(rule, observed, limit, unit)
        return count == 1 ? "1 interval from \(first) \(singular(said))" : "\(count) intervals from \(first) \(said)"
    }

    private static func singular(_ predicate: String) -> String {
        let verbs = ["are": "is", "have": "has", "stay": "stays", "differ": "differs", "repeat": "repeats"]
        let words = predicate.split(separator: " ", maxSplits: 1)
        guard words.count == 2, let verb = verbs[String(words[0])] else { return predicate }
        return "\(verb) \(words[1])"
    }

    /// The end of a sentence about intervals.
    private static func predicate(
        _ rule: UInt32,
        _ observed: Int64,
        _ limit: Int64,
        _ unit: MeasurementUnit
    ) -> String {
        let seconds = observed / Quantity.scale
        switch rule {
        case ClockRule.number, OverflowRule.number, TestModeRule.number, IntervalStatusRule.number,
            DiagnosticsRule.number:
            return "are marked by the device: \(flags(seconds))"
        case StaleSnapshotRule.number:
            return "are of a payload that was sent twice; the meter counted \(amount(observed, unit)) in all"
        case AlignmentRule.number: return "are \(seconds) s off the interval grid of the day"
        case GapRule.number:
            let why =
                observed > limit
                ? "longer than the \(limit / Quantity.scale) s that may be estimated"
                : "and no method has what it needs"
            return "stay missing: a gap of \(seconds) s, \(why)"
        case SpikeRule.number: return "are up to \(percent(observed)) above the third highest of the window"
        case StepRule.number: return "differ by up to \(percent(observed)) from the one before"
        case DemandLimitRule.number:
            return "are up to \(amount(observed, unit)), the service carries \(amount(limit, unit))"
        case CorrectionRule.number:
            return "are billed and stay; they would be \(amount(observed, unit)) now for \(amount(limit, unit))"
        case IdenticalRule.number: return "repeat one value for \(seconds) s"
        case NegativeRule.number: return "are negative, down to \(amount(observed, unit))"
        case PowerFailRule.number where observed != 0:
            return "have up to \(amount(observed, unit)) while the power was out"
        case PowerFailRule.number: return "are zero"
        case StormRule.number:
            return "are estimated later: much of the meter's group is silent, for \(limit / Quantity.scale / 86_400) d "
                + "at the longest"
        case VoltageRule.number, CurrentRule.number:
            return "have \(amount(observed, unit)), the limit is \(amount(limit, unit))"
        default: return "found by V\(rule): \(Quantity(billionths: observed)), limit \(Quantity(billionths: limit))"
        }
    }

    /// What a finding says about a whole day, a register or a payload.
    package static func reason(window rule: UInt32, observed: Int64, limit: Int64, unit: MeasurementUnit) -> String {
        let whole = observed / Quantity.scale
        let bound = limit / Quantity.scale
        switch rule {
        case InactiveMeterRule.number: return "\(amount(observed, unit)) on a meter that is not in service"
        case DialsRule.number: return "the register shows \(amount(observed, unit)), which it has no digits for"
        case RegisterIncreaseRule.number:
            return "the register went back by \(amount(observed == .min ? .max : -observed, unit))"
        case RegisterLimitsRule.number:
            return "\(amount(observed, unit)) between two readings, the limit is \(amount(limit, unit))"
        case RegisterDifferenceRule.number: return "usage differs by \(percent(observed)) from the period before"
        case PeakRule.number: return "the peak is \(percent(observed)) above that of the days before"
        case UsageRule.number:
            return "daily usage is \(percent(observed)) of that of the days before, the limit is \(percent(limit))"
        case DemandRule.number:
            return "demand is \(percent(observed)) of that of the days before, the limit is \(percent(limit))"
        case SumCheckRule.number:
            return "intervals and registers differ by \(amount(observed, unit)), \(amount(limit, unit)) are allowed"
        case ReactiveRule.number:
            return "reactive energy of \(amount(observed, unit)) an interval without active energy"
        case ZeroRule.number: return "nothing but zeros for \(whole) s on an active meter"
        case SiblingRule.number: return "\(whole) of \(bound) registered channels have data"
        case ReverseEnergyRule.number: return "\(amount(observed, unit)) received, no generator is on file"
        case CheckMeterRule.number: return "main and check meter differ by \(percent(observed))"
        case DynamicsRule.number: return "\(amount(observed, unit)), like days have \(amount(limit, unit))"
        case ProlongedEstimationRule.number: return "\(whole) days without a measurement"
        case FirstRegisterRule.number: return "counting begins at \(amount(observed, unit))"
        default: return payload(rule, whole, bound, observed, limit)
        }
    }

    private static func payload(
        _ rule: UInt32,
        _ whole: Int64,
        _ bound: Int64,
        _ observed: Int64,
        _ limit: Int64
    ) -> String {
        switch rule {
        case ClockRule.number: return "inconsistent timestamp: \(whole) s from the receive time, \(bound) s are allowed"
        case IdentificationRule.number:
            return "data of \(Instant(secondsSinceEpoch: whole)), the meter's time here ends or begins at "
                + "\(Instant(secondsSinceEpoch: bound))"
        case IntervalSizeRule.number: return "intervals of \(whole) s, the registry has \(bound) s"
        case UnitRule.number: return "\(unitText(observed)), the registry has \(unitText(limit))"
        case FrameCounterRule.number: return "frame counter \(whole) after \(bound): a replay"
        default: return "found by V\(rule): \(Quantity(billionths: observed)), limit \(Quantity(billionths: limit))"
        }
    }

    /// Units are told by number, multipliers by value; units have numbers below 256.
    private static func unitText(_ billionths: Int64) -> String {
        let whole = billionths / Quantity.scale
        if billionths % Quantity.scale == 0, let unit = UInt8(exactly: whole).flatMap(MeasurementUnit.init(rawValue:)) {
            return "\(whole) (as a unit: \(unit.symbol))"
        }
        return Quantity(billionths: billionths).description
    }

    private static func amount(_ billionths: Int64, _ unit: MeasurementUnit) -> String {
        "\(Quantity(billionths: billionths)) \(unit.symbol)"
    }

    private static func percent(_ billionths: Int64) -> String { "\(Quantity(billionths: billionths)) %" }

    private static func flags(_ raw: Int64) -> String {
        var names: [String] = []
        for (bit, name) in IntervalFlags.names.enumerated() where raw & (1 << Int64(bit)) != 0 { names.append(name) }
        return names.joined(separator: ", ")
    }
}
