import MeterCore
import MeterEvents

/// One parameter of the rule sets: where it stands in the text, what may stand there, and where it goes. Reading, writing, comparing and the
/// schema all follow from the list of these (`RuleParameter.all`).
struct RuleParameter: Sendable {
    enum Kind: Sendable, Equatable {
        case flag
        /// In ones.
        case number(ClosedRange<Int64>)
        case whole(ClosedRange<Int64>)
        case severity
        case texts
        case wholes(ClosedRange<Int64>)
        case dates
        case steps
        case profiles
    }

    /// Names of the objects and the name in the last.
    let path: [String]
    let kind: Kind
    /// Meaning and unit, for the schema.
    let meaning: String
    let get: @Sendable (RuleParameters) -> RuleValue
    /// A value of another kind changes nothing.
    let set: @Sendable (inout RuleParameters, RuleValue) -> Void
}

extension RuleParameter {
    /// Hands out the place of a parameter.
    typealias Place<Value> = @Sendable (inout RuleParameters, (inout Value) -> Void) -> Void

    private init<Value>(
        _ path: [String],
        _ kind: Kind,
        _ place: @escaping Place<Value>,
        _ meaning: String,
        get: @escaping @Sendable (Value) -> RuleValue,
        set: @escaping @Sendable (RuleValue) -> Value?
    ) {
        self.init(
            path: path,
            kind: kind,
            meaning: meaning,
            get: { parameters in
                var copy = parameters
                var value = RuleValue.flag(false)
                place(&copy) { value = get($0) }
                return value
            },
            set: { parameters, value in
                guard let new = set(value) else { return }
                place(&parameters) { $0 = new }
            }
        )
    }

    static func flag(_ path: String..., at place: @escaping Place<Bool>, _ meaning: String) -> RuleParameter {
        RuleParameter(
            path,
            .flag,
            place,
            meaning,
            get: { .flag($0) },
            set: { if case .flag(let flag) = $0 { flag } else { nil } }
        )
    }

    static func number(
        _ path: String...,
        at place: @escaping Place<Int64>,
        _ range: ClosedRange<Int64>,
        _ meaning: String
    ) -> RuleParameter {
        RuleParameter(
            path,
            .number(range),
            place,
            meaning,
            get: { .number($0) },
            set: { if case .number(let number) = $0 { number } else { nil } }
        )
    }

    static func whole<Whole: FixedWidthInteger & Sendable>(
        _ path: String...,
        at place: @escaping Place<Whole>,
        _ range: ClosedRange<Int64>,
        _ meaning: String
    ) -> RuleParameter {
        RuleParameter(
            path,
            .whole(range),
            place,
            meaning,
            get: { .whole(Int64(clamping: $0)) },
            set: { if case .whole(let whole) = $0 { Whole(clamping: whole) } else { nil } }
        )
    }

    static func severity(_ path: String..., at place: @escaping Place<Severity>, _ meaning: String) -> RuleParameter {
        RuleParameter(
            path,
            .severity,
            place,
            meaning,
            get: { .severity($0) },
            set: { if case .severity(let severity) = $0 { severity } else { nil } }
        )
    }

    static func texts(_ path: String..., at place: @escaping Place<[String]>, _ meaning: String) -> RuleParameter {
        RuleParameter(
            path,
            .texts,
            place,
            meaning,
            get: { .texts($0) },
            set: { if case .texts(let texts) = $0 { texts } else { nil } }
        )
    }

    static func bytes(_ path: String..., at place: @escaping Place<[UInt8]>, _ meaning: String) -> RuleParameter {
        RuleParameter(
            path,
            .wholes(1...99),
            place,
            meaning,
            get: { .wholes($0.map(Int64.init)) },
            set: { if case .wholes(let wholes) = $0 { wholes.map { UInt8(clamping: $0) } } else { nil } }
        )
    }

    /// The two parameters that nearly every rule has.
    static func rule(
        _ name: String,
        _ enabled: @escaping Place<Bool>,
        _ severity: Place<Severity>? = nil,
        _ meaning: String
    ) -> [RuleParameter] {
        var parameters = [flag("rules", name, "enabled", at: enabled, meaning)]
        if let severity {
            parameters.append(
                .severity(
                    "rules",
                    name,
                    "severity",
                    at: severity,
                    "How grave a finding is, and so what becomes of a value."
                )
            )
        }
        return parameters
    }
}
