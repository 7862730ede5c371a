import MeterCore
import MeterEvents
import RuleSets
import StreamCore

/// An exception that is open, with all that would make it a different one.
struct OpenException: Sendable, Equatable {
    var windowStart: Int64
    var windowEnd: Int64
    var rule: UInt32
    var severity: Severity
    /// Start of the first interval concerned, seconds since 1970.
    var firstStart: Int64
    var count: UInt32
    var observedBillionths: Int64
    var limitBillionths: Int64
    /// Found by a rule on windows.
    var isOfWindow: Bool

    /// Stable code for those who act on it; empty when the rule number says it all.
    var code: String { GridRule.code(rule) ?? RuleText.code(rule) }

    func reason(_ unit: MeasurementUnit) -> String {
        let grid = GridRule.reason(
            rule,
            firstStart: firstStart,
            count: count,
            observed: observedBillionths,
            limit: limitBillionths,
            unit: unit
        )
        if let grid { return grid }
        if isOfWindow {
            return RuleText.reason(window: rule, observed: observedBillionths, limit: limitBillionths, unit: unit)
        }
        return RuleText.reason(
            rule,
            firstStart: firstStart,
            count: count,
            observed: observedBillionths,
            limit: limitBillionths,
            unit: unit
        )
    }
}

extension OpenException {
    func encode(into writer: inout CompactWriter) {
        writer.append(windowStart)
        writer.append(windowEnd - windowStart)
        writer.append(unsigned: UInt64(rule))
        writer.append(severity.rawValue)
        writer.append(firstStart)
        writer.append(unsigned: UInt64(count))
        writer.append(observedBillionths)
        writer.append(limitBillionths)
        writer.append(isOfWindow)
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        windowStart = try reader.integer(bytes)
        let length: Int64 = try reader.integer(bytes)
        windowEnd = windowStart &+ length
        rule = try reader.unsigned32(bytes)
        guard let severity = Severity(rawValue: try reader.byte(bytes)) else { throw .malformed("a severity") }
        self.severity = severity
        firstStart = try reader.integer(bytes)
        count = try reader.unsigned32(bytes)
        observedBillionths = try reader.integer(bytes)
        limitBillionths = try reader.integer(bytes)
        isOfWindow = try reader.flag(bytes)
    }
}
