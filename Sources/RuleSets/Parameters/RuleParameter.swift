import MeterCore
import MeterEvents

/// Hands out a part of a whole, to be read or changed.
typealias Place<Whole, Part> = @Sendable (inout Whole, (inout Part) -> Void) -> Void

/// One parameter of the rule sets: where it stands in the text, what may stand there, and where it goes. Reading, writing, comparing and the
/// schema all follow from the list of these (`RuleCatalog.parameters`).
///
/// A rule lists its parameters by their places in the rule itself; the catalogue moves them to where the rule is.
struct RuleParameter<Owner>: Sendable {
    /// Names of the objects and the name in the last.
    let path: [String]
    let kind: ParameterKind
    /// Meaning and unit, for the schema.
    let meaning: String
    let get: @Sendable (Owner) -> RuleValue
    /// A value of another kind changes nothing.
    let set: @Sendable (inout Owner, RuleValue) -> Void
}

/// What may stand for a parameter.
enum ParameterKind: Sendable, Equatable {
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

extension ClosedRange<Int64> {
    static var percents: Self { 0...1_000_000 }
    /// In ones of a unit.
    static var amounts: Self { 0...1_000_000_000 }
    /// Days that are remembered.
    static var days: Self { 1...42 }
}

extension RuleParameter {
    /// The same parameter of a greater whole.
    ///
    /// - Parameters:
    ///   - prefix: names of the objects around it.
    ///   - place: where the owner is in the whole.
    func moved<Whole>(to prefix: [String], _ place: @escaping Place<Whole, Owner>) -> RuleParameter<Whole> {
        RuleParameter<Whole>(
            path: prefix + path,
            kind: kind,
            meaning: meaning,
            get: { [get] whole in
                var copy = whole
                var value = RuleValue.flag(false)
                place(&copy) { value = get($0) }
                return value
            },
            set: { [set] whole, value in place(&whole) { set(&$0, value) } }
        )
    }

    private init<Value>(
        _ path: [String],
        _ kind: ParameterKind,
        _ meaning: String,
        _ place: @escaping Place<Owner, Value>,
        get: @escaping @Sendable (Value) -> RuleValue,
        set: @escaping @Sendable (RuleValue) -> Value?
    ) {
        self.init(
            path: path,
            kind: kind,
            meaning: meaning,
            get: { owner in
                var copy = owner
                var value = RuleValue.flag(false)
                place(&copy) { value = get($0) }
                return value
            },
            set: { owner, value in
                guard let new = set(value) else { return }
                place(&owner) { $0 = new }
            }
        )
    }

    /// Whether the rule is on.
    static func enabled(_ meaning: String, _ place: @escaping Place<Owner, Bool>) -> Self {
        flag("enabled", meaning, place)
    }

    /// The severity of the rule's findings.
    static func severity(_ place: @escaping Place<Owner, Severity>) -> Self {
        severity("severity", "How grave a finding is, and so what becomes of a value.", place)
    }

    // The name is that in the rule's object, with dots where objects are within it.

    static func flag(_ name: String, _ meaning: String, _ place: @escaping Place<Owner, Bool>) -> Self {
        Self(
            names(name),
            .flag,
            meaning,
            place,
            get: { .flag($0) },
            set: { if case .flag(let flag) = $0 { flag } else { nil } }
        )
    }

    /// In billionths, written in ones.
    static func number(
        _ name: String,
        _ range: ClosedRange<Int64>,
        _ meaning: String,
        _ place: @escaping Place<Owner, Int64>
    ) -> Self {
        Self(
            names(name),
            .number(range),
            meaning,
            place,
            get: { .number($0) },
            set: { if case .number(let number) = $0 { number } else { nil } }
        )
    }

    static func whole<Whole: FixedWidthInteger & Sendable>(
        _ name: String,
        _ range: ClosedRange<Int64>,
        _ meaning: String,
        _ place: @escaping Place<Owner, Whole>
    ) -> Self {
        Self(
            names(name),
            .whole(range),
            meaning,
            place,
            get: { .whole(Int64(clamping: $0)) },
            set: { if case .whole(let whole) = $0 { Whole(clamping: whole) } else { nil } }
        )
    }

    static func severity(_ name: String, _ meaning: String, _ place: @escaping Place<Owner, Severity>) -> Self {
        Self(
            names(name),
            .severity,
            meaning,
            place,
            get: { .severity($0) },
            set: { if case .severity(let severity) = $0 { severity } else { nil } }
        )
    }

    static func texts(_ name: String, _ meaning: String, _ place: @escaping Place<Owner, [String]>) -> Self {
        Self(
            names(name),
            .texts,
            meaning,
            place,
            get: { .texts($0) },
            set: { if case .texts(let texts) = $0 { texts } else { nil } }
        )
    }

    static func bytes(_ name: String, _ meaning: String, _ place: @escaping Place<Owner, [UInt8]>) -> Self {
        Self(
            names(name),
            .wholes(1...99),
            meaning,
            place,
            get: { .wholes($0.map(Int64.init)) },
            set: { if case .wholes(let wholes) = $0 { wholes.map { UInt8(clamping: $0) } } else { nil } }
        )
    }

    private static func names(_ name: String) -> [String] { name.split(separator: ".").map(String.init) }
}
