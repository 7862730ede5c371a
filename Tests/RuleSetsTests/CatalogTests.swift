import MeterCore
import RuleSets
import Testing

/// The catalogue of rules.
struct CatalogTests {
    /// Rules find what they find in this order; the numbers of docs/vee.md.
    @Test func intervalsAreJudgedInTheOrderOfNumbers() {
        #expect(
            RuleCatalog.intervalRules.map(\.number) == [2, 10, 11, 12, 13, 20, 30, 39, 40, 8, 6, 19, 21, 29, 33]
        )
    }

    /// Every rule stands in the text under its number, but for V05 (part of V27), V27 and V41, which have no parameters, and V01.
    @Test func everyRuleHasParameters() {
        let names = Set(RuleSet.parameterPaths.compactMap { path in path.split(separator: ".").dropFirst().first })
        let expected = (2...40).filter { ![5, 27].contains($0) }.map { $0 < 10 ? "V0\($0)" : "V\($0)" }
        #expect(Set(names.filter { $0.hasPrefix("V") }.map(String.init)) == Set(expected))
    }
}
