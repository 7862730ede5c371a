/// V27, replacement of a locked value, as an exception says it: the value is billed and stays, though it would be another now. Where nothing
/// stood when the lock came, nothing comes.
/// Judged where versions are made.
package enum CorrectionRule {
    package static let number: UInt32 = 27
    package static let exceptionCode = "ERR_VEE_LOCKED_27"
}

extension CorrectionRule: Rule {
    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are locked at \(finding.limitAmount); what came later says \(finding.amount)"
    }
}
