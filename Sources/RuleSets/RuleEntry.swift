/// A rule as its line of the catalogue gives it to all others.
struct RuleEntry: Sendable {
    typealias JudgePayload = @Sendable (RuleParameters, PayloadView, inout [PayloadFinding]) -> Void
    typealias JudgeIntervals = RuleCatalog.JudgeIntervals
    typealias JudgeRegister = @Sendable (RuleParameters, RegisterView, RegisterAdvance, inout [WindowFinding]) -> Void
    typealias JudgeWindow = @Sendable (RuleParameters, WindowView, inout [WindowFinding]) -> Void

    let number: UInt32
    let exceptionCode: String
    let parameters: [RuleParameter<RuleParameters>]
    let wordsOfIntervals: @Sendable (FindingFigures) -> String?
    let words: @Sendable (FindingFigures) -> String?
    let contradiction: @Sendable (RuleParameters) -> String?
    /// Judges a payload.
    let payload: JudgePayload?
    /// Judges single intervals; asked only where the statistics say that one of them could be found.
    let single: JudgeIntervals?
    /// Judges any part of a day.
    let part: JudgeIntervals?
    /// Judges the intervals of a closed day.
    let day: JudgeIntervals?
    /// Judges a register with what passed through it.
    let register: JudgeRegister?
    /// Judges a closed window.
    let window: JudgeWindow?

    /// Such as `V07`.
    var name: String { Self.name(number) }

    /// - Parameters:
    ///   - rule: the rule's type.
    ///   - place: where its parameters are; nil for a rule that has none.
    init<Judge: Rule>(
        _ rule: Judge.Type,
        _ place: Place<RuleParameters, Judge>? = nil,
        payload: JudgePayload? = nil,
        single: JudgeIntervals? = nil,
        part: JudgeIntervals? = nil,
        day: JudgeIntervals? = nil,
        register: JudgeRegister? = nil,
        window: JudgeWindow? = nil
    ) {
        number = rule.number
        exceptionCode = rule.exceptionCode
        let path = ["rules", Self.name(rule.number)]
        parameters = place.map { place in rule.parameters.map { $0.moved(to: path, place) } } ?? []
        wordsOfIntervals = { Judge.words(ofIntervals: $0) }
        words = { Judge.words(of: $0) }
        contradiction = { parameters in
            var copy = parameters
            var found: String?
            place?(&copy) { found = $0.contradiction }
            return found
        }
        self.payload = payload
        self.single = single
        self.part = part
        self.day = day
        self.register = register
        self.window = window
    }

    private static func name(_ number: UInt32) -> String { number < 10 ? "V0\(number)" : "V\(number)" }
}
