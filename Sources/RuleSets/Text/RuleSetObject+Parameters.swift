import MeterCore
import MeterEvents

extension RuleSetObject {
    static let gapSeconds: ClosedRange<Int64> = 0...7_776_000
    static let profileWeights: ClosedRange<Int64> = 0...1_000_000

    /// The value of a parameter; nil where the object does not name it.
    func value(_ name: String, _ kind: ParameterKind) throws(RuleSetError) -> RuleValue? {
        switch kind {
        case .flag: return try flag(name).map { .flag($0) }
        case .number(let range): return try number(name, range).map { .number($0) }
        case .whole(let range): return try whole(name, range).map { .whole($0) }
        case .texts: return try texts(name).map { .texts($0) }
        case .wholes(let range): return try wholes(name, range).map { .wholes($0) }
        case .severity:
            guard let text = try text(name) else { return nil }
            guard let severity = Severity.allCases.first(where: { $0.name == text }) else {
                throw RuleSetError(line: line(of: name), reason: "severity \"\(text)\" is none of info, warn, fail")
            }
            return .severity(severity)
        case .dates: return try dates(name).map { .dates($0) }
        case .steps: return try steps(name).map { .steps($0) }
        case .profiles: return try profiles(name).map { .profiles($0) }
        }
    }

    private func dates(_ name: String) throws(RuleSetError) -> [CivilDate]? {
        guard let texts = try texts(name) else { return nil }
        var dates: [CivilDate] = []
        for text in texts {
            guard let date = Self.date(text) else {
                throw RuleSetError(line: line(of: name), reason: "\"\(text)\" is no date as 2026-12-31")
            }
            dates.append(date)
        }
        return dates
    }

    private static func date(_ text: String) -> CivilDate? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        guard parts.count == 3, parts.map(\.utf8.count) == [4, 2, 2], let year = Int(parts[0]),
            let month = Int(parts[1]), let day = Int(parts[2])
        else { return nil }
        return CivilDate(year: year, month: month, day: day)
    }

    private func steps(_ name: String) throws(RuleSetError) -> [EstimationParameters.Step]? {
        guard let objects = try objects(name) else { return nil }
        var steps: [EstimationParameters.Step] = []
        for object in objects {
            try object.allow(["method", "maximumGapSeconds"])
            guard let id = try object.text("method"), let estimator = Estimator(rawValue: id) else {
                let known = Estimator.allCases.map(\.rawValue).joined(separator: ", ")
                throw RuleSetError(line: object.line, reason: "a method that is none of \(known)")
            }
            guard !steps.contains(where: { $0.estimator == estimator }) else {
                throw RuleSetError(line: object.line, reason: "method \(id) stands twice")
            }
            guard let seconds = try object.whole("maximumGapSeconds", Self.gapSeconds) else {
                throw RuleSetError(line: object.line, reason: "method \(id) without \"maximumGapSeconds\"")
            }
            steps.append(EstimationParameters.Step(estimator, maximumGapSeconds: seconds))
        }
        return steps
    }

    private func profiles(_ name: String) throws(RuleSetError) -> [EstimationParameters.ClassProfile]? {
        guard let objects = try objects(name) else { return nil }
        var profiles: [EstimationParameters.ClassProfile] = []
        for object in objects {
            try object.allow(["customerClass", "weekday", "weekend"])
            let customerClass = try object.text("customerClass") ?? ""
            guard !profiles.contains(where: { $0.customerClass == customerClass }) else {
                throw RuleSetError(line: object.line, reason: "class \"\(customerClass)\" stands twice")
            }
            profiles.append(
                EstimationParameters.ClassProfile(
                    customerClass: customerClass,
                    weekday: try object.weights("weekday"),
                    weekend: try object.weights("weekend")
                )
            )
        }
        return profiles
    }

    private func weights(_ name: String) throws(RuleSetError) -> [UInt32] {
        let weights = try wholes(name, Self.profileWeights) ?? []
        guard weights.count == 24, weights.contains(where: { $0 > 0 }) else {
            throw RuleSetError(
                line: line(of: name),
                reason: "\"\(name)\" should be 24 whole numbers, not all of them 0"
            )
        }
        return weights.map { UInt32(clamping: $0) }
    }
}
