import MeterCore
import RuleSets
import Testing
import VEE

@Suite struct FingerprintTests {
    @Test func everyLimitAndTheFirstRulesTellStatesApart() {
        let zones = ZoneCatalog()
        let limits = [
            VEELimits(), VEELimits(historyDays: 36), VEELimits(graceSeconds: 1), VEELimits(lateGraceSeconds: 1),
            VEELimits(silentDays: 1), VEELimits(liveLagSeconds: 1), VEELimits(futureSeconds: 1),
            VEELimits(window: .hours(6)), VEELimits(window: .days(7)), VEELimits(window: .month),
            VEELimits(dailyWindow: .month),
            VEELimits(maximumSeries: 1), VEELimits(maximumDaySlots: 1), VEELimits(maximumRuleSets: 1),
        ]
        var configurations = limits.map { VEEConfiguration(zones: zones, limits: $0) }
        configurations.append(VEEConfiguration(zones: zones, defaultRules: RuleSet(version: "others")))
        let fingerprints = configurations.map { VEEProcessor.fingerprint(of: $0) }
        #expect(Set(fingerprints).count == configurations.count)
        #expect(VEEProcessor.fingerprint(of: VEEConfiguration(zones: zones)) == fingerprints[0])
    }
}
