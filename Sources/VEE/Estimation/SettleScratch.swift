/// What is worked out once while days are decided together. Sources, edits and findings do not change meanwhile.
struct SettleScratch {
    /// Reference days that were looked at, by start.
    private var surveys: [(start: Int64, survey: Survey)] = []
    /// What registers leave for estimates, by the start of the span.
    var shares: [RegisterShare] = []

    private static let maximumSurveys = 64

    mutating func survey(_ start: Int64, _ make: () -> Survey) -> Survey {
        if let held = surveys.first(where: { $0.start == start }) { return held.survey }
        if surveys.count == Self.maximumSurveys { surveys.removeFirst() }
        let survey = make()
        surveys.append((start, survey))
        return survey
    }
}
