/// V27, replacement of a locked value, as an exception says it: the value is billed and stays, though it would be another now.
/// Judged where versions are made.
package enum CorrectionRule {
    package static let number: UInt32 = 27
    package static let exceptionCode = "ERR_VEE_LOCKED_27"
}

extension CorrectionRule: Rule {
    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are billed and stay; they would be \(finding.amount) now for \(finding.limitAmount)"
    }
}
