/// What the file of a rule says beside its judgement: number, parameters and words. `RuleCatalog` has a line for each rule; all else
/// (the text of rule sets, the schema, what exceptions say, the order of judging) follows from both.
protocol Rule: Sendable {
    static var number: UInt32 { get }
    /// Stable code for those who act on an exception; empty when the rule number says it all.
    static var exceptionCode: String { get }
    /// In the order of the text.
    static var parameters: [RuleParameter<Self>] { get }
    /// The end of a sentence about several intervals, beginning with its verb; nil when the rule finds no intervals.
    static func words(ofIntervals finding: FindingFigures) -> String?
    /// What a finding says about a window, a register or a payload; nil when the rule finds none of them.
    static func words(of finding: FindingFigures) -> String?
    /// Parameters that can't hold together; nil when these can.
    var contradiction: String? { get }
}

extension Rule {
    static var exceptionCode: String { "" }
    static var parameters: [RuleParameter<Self>] { [] }
    static func words(ofIntervals finding: FindingFigures) -> String? { nil }
    static func words(of finding: FindingFigures) -> String? { nil }
    var contradiction: String? { nil }
}
