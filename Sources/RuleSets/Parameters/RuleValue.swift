import MeterCore
import MeterEvents

/// The value of a parameter.
enum RuleValue: Sendable, Equatable {
    case flag(Bool)
    /// In billionths.
    case number(Int64)
    case whole(Int64)
    case severity(Severity)
    case texts([String])
    case wholes([Int64])
    case dates([CivilDate])
    case steps([EstimationParameters.Step])
    case profiles([EstimationParameters.ClassProfile])

    /// As JSON on one line.
    var json: String {
        switch self {
        case .flag(let flag): flag ? "true" : "false"
        case .number(let billionths): Quantity(billionths: billionths).description
        case .whole(let whole): "\(whole)"
        case .severity(let severity): "\"\(severity.name)\""
        case .texts(let texts): Self.list(texts.map(Self.quoted))
        case .wholes(let wholes): Self.list(wholes.map { "\($0)" })
        case .dates(let dates): Self.list(dates.map { "\"\(Self.text($0))\"" })
        case .steps(let steps):
            Self.list(
                steps.map {
                    "{\"method\": \"\($0.estimator.rawValue)\", \"maximumGapSeconds\": \($0.maximumGapSeconds)}"
                }
            )
        case .profiles(let profiles): Self.list(profiles.map(Self.text))
        }
    }

    /// The elements of a list, each as JSON; nil for a single value.
    var elements: [String]? {
        switch self {
        case .steps(let steps): steps.map { RuleValue.steps([$0]).json }.map { String($0.dropFirst().dropLast()) }
        case .profiles(let profiles): profiles.map(Self.text)
        default: nil
        }
    }

    private static func list(_ elements: [String]) -> String { "[" + elements.joined(separator: ", ") + "]" }

    private static func text(_ profile: EstimationParameters.ClassProfile) -> String {
        "{\"customerClass\": \(quoted(profile.customerClass)), \"weekday\": \(list(profile.weekday.map { "\($0)" })), "
            + "\"weekend\": \(list(profile.weekend.map { "\($0)" }))}"
    }

    static func text(_ date: CivilDate) -> String {
        let (year, month, day) = date.components
        var bytes: [UInt8] = []
        DecimalText.append(Int64(year), minimumDigits: 4, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        DecimalText.append(Int64(month), minimumDigits: 2, to: &bytes)
        bytes.append(UInt8(ascii: "-"))
        DecimalText.append(Int64(day), minimumDigits: 2, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// A JSON text.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..<" ":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
