import MeterCore
import MeterEvents
import RuleSets
import StreamCore

/// An exception about readings of a register that is open.
struct RegisterException: Sendable, Equatable {
    var open: OpenException
    /// What was made of a reading that does not go on from the one before; nil where it does.
    var verdict: RegisterChain.Verdict?
    /// The reading that it was compared with, and what it shows itself.
    var from: RegisterPoint
    var value: Int64

    /// - Parameter unit: of the register.
    func event(
        isOpen: Bool,
        channel: String,
        _ unit: MeasurementUnit,
        _ ruleSet: String,
        _ context: FoldContext
    ) -> VeeException {
        var event = open.event(isOpen: isOpen, channel: channel, unit, ruleSet, context)
        guard let verdict else { return event }
        event.code = RuleText.registerCode(verdict, open.rule)
        event.reason = RuleText.register(
            verdict,
            from: from.value,
            to: value,
            seconds: open.firstStart - from.at,
            limit: open.limitBillionths,
            unit: unit
        )
        return event
    }
}

extension RuleText {
    /// Stable code for what was made of a reading that does not go on from the one before.
    static func registerCode(_ verdict: RegisterChain.Verdict, _ rule: UInt32) -> String {
        switch verdict {
        case .exchanged: "ERR_VEE_EXCHANGE_\(rule)"
        case .outlier: "ERR_VEE_READING_\(rule)"
        case .unconfirmed: "ERR_VEE_UNCONFIRMED_\(rule)"
        case .continued, .baseline, .unused: ""
        }
    }

    static func register(
        _ verdict: RegisterChain.Verdict,
        from: Int64,
        to: Int64,
        seconds: Int64,
        limit: Int64,
        unit: MeasurementUnit
    ) -> String {
        func amount(_ billionths: Int64) -> String { "\(Quantity(billionths: billionths)) \(unit.symbol)" }
        let time = seconds % 3600 == 0 ? "\(seconds / 3600) h" : "\(seconds) s"
        let path = "the register went from \(amount(from)) to \(amount(to)) in \(time)"
        let why = to < from ? "back" : "more than the \(amount(limit)) that can have passed"
        switch verdict {
        case .exchanged: return "\(path): \(why); taken as an exchange or reset: consumption starts anew here"
        case .outlier: return "\(path): \(why); taken as a false reading: consumption goes on from \(amount(from))"
        case .unconfirmed:
            return "\(path): \(why); not used until later readings tell a false one from an exchange or reset"
        case .continued, .baseline, .unused: return path
        }
    }
}

extension RegisterException {
    func encode(into writer: inout CompactWriter) {
        open.encode(into: &writer)
        writer.append(verdict != nil)
        if let verdict { writer.append(verdict.rawValue) }
        writer.append(from.at)
        writer.append(from.value)
        writer.append(value)
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        open = try OpenException(&reader, bytes)
        if try reader.flag(bytes) {
            guard let verdict = RegisterChain.Verdict(rawValue: try reader.byte(bytes)) else {
                throw .malformed("a verdict about a reading")
            }
            self.verdict = verdict
        }
        from = RegisterPoint(at: try reader.integer(bytes), value: try reader.integer(bytes))
        value = try reader.integer(bytes)
    }
}
