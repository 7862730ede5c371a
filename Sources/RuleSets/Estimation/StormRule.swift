/// V41, a storm: what an exception says of a day whose gaps are not estimated yet, because much of the meter's group is silent.
///
/// Parameters: `estimation.storm`. Judged by `StormTable`.
package enum StormRule {
    package static let number: UInt32 = 41
    package static let exceptionCode = "ERR_VEE_STORM_41"
}

extension StormRule: Rule {
    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are estimated later: much of the meter's group is silent, for \(finding.wholeLimit / 86_400) d at the longest"
    }
}
