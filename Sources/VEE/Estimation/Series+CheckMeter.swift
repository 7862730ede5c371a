import MeterCore

extension Series {
    /// E4: the values of the meter's check channel for the same intervals.
    ///
    /// Source: AEMO Metrology Procedure Part B, substitution type 11.
    func checkValues(_ run: Range<Int>, _ first: Int64, _ context: FoldContext) -> [Int64]? {
        guard let check = context.check, check.intervalSeconds == intervalSeconds, check.phase == phase,
            check.unit == unit
        else { return nil }
        let range = first + Int64(run.lowerBound)..<first + Int64(run.upperBound)
        let survey = check.survey(range, context.facts)
        return range.map { slot in
            survey.verdict(slot) == .used && Self.isMeasured(survey.qualities[Int(slot - survey.first)])
                ? survey.value(slot) : .min
        }
    }
}
