import MeterCore
import MeterEvents
import RuleSets
import Testing

/// What exceptions say in words.
struct RuleTextTests {
    private func intervals(_ rule: UInt32, count: UInt32 = 2, observed: Double = 1, limit: Double = 2) -> String {
        RuleText.reason(
            rule,
            firstStart: DayBench.monday,
            count: count,
            observed: DayBench.billionths(observed),
            limit: DayBench.billionths(limit),
            unit: .kilowattHour
        )
    }

    private func day(_ rule: UInt32, observed: Double = 1, limit: Double = 2) -> String {
        RuleText.reason(
            window: rule,
            observed: DayBench.billionths(observed),
            limit: DayBench.billionths(limit),
            unit: .kilowattHour
        )
    }

    @Test func everyRuleHasItsWords() {
        for rule in RuleCatalog.intervalRules.map(\.number) + [9, 27, 41] {
            #expect(!intervals(rule).contains("found by"), "V\(rule)")
        }
        for rule in [2, 3, 4, 7, 14, 15, 16, 17, 18, 22, 23, 24, 25, 26, 28, 31, 32, 34, 35, 36, 37, 38] as [UInt32] {
            #expect(!day(rule).contains("found by"), "V\(rule)")
        }
        #expect(intervals(99).contains("found by V99"))
        #expect(day(99).contains("found by V99"))
    }

    @Test func numbersHaveTheirUnits() {
        #expect(
            intervals(19, observed: 316.6)
                == "2 intervals from 2024-01-01T00:00:00Z are up to 316.6 % above the third highest of the window"
        )
        #expect(intervals(30, count: 1, observed: -3).hasPrefix("1 interval from 2024-01-01T00:00:00Z is negative"))
        #expect(intervals(12, observed: 6).hasSuffix("are marked by the device: clock_adjusted, partial"))
        #expect(intervals(9, observed: 7200, limit: 3600).contains("longer than the 3600 s"))
        #expect(intervals(9, observed: 1800, limit: 3600).contains("no method"))
        #expect(intervals(33, observed: 0).hasSuffix("are zero"))
        #expect(day(16, observed: -5) == "the register went back by 5 kWh")
        #expect(day(31) == "1 of 2 registered channels have data")
        #expect(day(2, observed: 301, limit: 300).hasPrefix("inconsistent timestamp: 301 s"))
        #expect(day(14, observed: 2, limit: 1).contains("kvarh"))
        #expect(day(14, observed: 40.5, limit: 1).hasPrefix("40.5, the registry"))
        #expect(!RuleText.reason(window: 16, observed: .min, limit: 0, unit: .volt).isEmpty)
    }

    @Test func codesAreStable() {
        let codes: [UInt32: String] = [
            2: "ERR_VEE_TIME_02", 3: "ERR_VEE_METER_03", 7: "ERR_VEE_LENGTH_07", 9: "ERR_VEE_GAP_04",
            14: "ERR_VEE_UNIT_14", 27: "ERR_VEE_LOCKED_27", 38: "ERR_VEE_REPLAY_38",
            41: "ERR_VEE_STORM_41",
        ]
        for rule in UInt32(0)...40 { #expect(RuleText.code(rule) == codes[rule] ?? "") }
    }
}
