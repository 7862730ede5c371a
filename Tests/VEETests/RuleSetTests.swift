import MeterCore
import MeterEvents
import StreamCore
import Testing
import VEE

/// The text of rule sets, and their activation through the log.
struct RuleSetTests {
    @Test func allParametersAreRead() throws {
        let json = """
            {
              "version": "2026-01",
              "rules": {
                "V08": { "enabled": false },
                "V09": { "enabled": true },
                "V19": { "enabled": true, "thresholdPercent": 250.5, "minimumPerHour": 1e-1, "severity": "warn" },
                "V30": { "netChannels": ["N1", "2-0:*", "\\u0042"] }
              },
              "estimation": { "E1": { "maximumGapSeconds": 3600, "powerFailureReasons": [43, 79] } }
            }
            """
        let rules = try RuleSet(json: json, version: "2026-01")
        var expected = RuleSet(version: "2026-01")
        expected.alignment.isEnabled = false
        expected.spike = SpikeRule(
            thresholdPercentBillionths: 250_500_000_000,
            minimumPerHourBillionths: 100_000_000,
            severity: .warn
        )
        expected.negative.netChannels = ["N1", "2-0:*", "B"]
        expected.linear = LinearEstimation(maximumGapSeconds: 3600, powerFailureReasons: [43, 79])
        #expect(rules == expected)
        #expect(try RuleSet(json: "{}", version: "default-1") == .default1)
    }

    @Test(arguments: [
        ("", 1), ("{", 1), ("[]", 1), ("{}x", 1), ("{\n\"rules\":{\n\"V99\":{}}}", 3),
        ("{\"rules\":{\"V19\":{\"tresholdPercent\":1}}}", 1),
        ("{\n\"version\":\"b\"}", 1), ("{\"rules\":{\"V19\":{\"enabled\":1}}}", 1),
        ("{\"rules\":{},\n\"rules\":{}}", 2),
        ("{\"rules\":{\"V19\":{\"thresholdPercent\":-1}}}", 1), ("{\"rules\":{\"V19\":{\"thresholdPercent\":01}}}", 1),
        ("{\"rules\":{\"V19\":{\"severity\":\"info\"}}}", 1),
        ("{\"estimation\":{\"E1\":{\"maximumGapSeconds\":1.5}}}", 1),
        ("{\"estimation\":{\"E1\":{\"powerFailureReasons\":[256]}}}", 1),
        ("{\"rules\":{\"V30\":{\"netChannels\":[1]}}}", 1),
        ("{\"rules\":{\"V30\":{\"netChannels\":[\"a\",]}}}", 1), ("{\"rules\":tru}", 1), ("{\"a\\q\":1}", 1),
        (String(repeating: "[", count: 100), 1), ("{\"rules\":{\"V19\":{\"thresholdPercent\":1.}}}", 1),
    ])
    func aBadTextIsRefusedWithItsLine(json: String, line: Int) {
        let error = #expect(throws: RuleSetError.self) { _ = try RuleSet(json: json, version: "a") }
        #expect(error?.line == line)
    }

    @Test func rulesHoldForTheDataOfTheirTime() throws {
        let monday = Events.monday
        let tuesday = monday + Events.day
        var values = Events.flat(192, 2)
        for index in 10..<14 { values[index] = nil }
        for index in 110..<114 { values[index] = nil }
        let activation = Events.rules(
            "short-gaps",
            #"{"estimation": {"E1": {"maximumGapSeconds": 1800}}}"#,
            from: tuesday,
            received: monday
        )
        let block = Events.block(monday, values)
        let tick = Events.tick(monday + 10 * Events.day)
        for events in [[activation, block, tick], [block, activation, tick], [block, tick, activation]] {
            var bench = Bench()
            try bench.feed(events)
            #expect(bench.reading(monday + 9000)?.quality == .estimatedLinear)
            #expect(bench.reading(monday + 110 * 900)?.quality == .missing)
            #expect(bench.exception(9, tuesday)?.limit == 1800 * Events.unit)
            let versions = bench.versions.filter { $0.start.secondsSinceEpoch == monday + 110 * 900 }
            #expect(versions.last?.ruleSet == "short-gaps")
            #expect(bench.versions.first { $0.qualities.contains(40) }?.ruleSet == "default-1")
        }
    }

    @Test func aBadRuleSetLeavesTheOldOnes() throws {
        let activation = Events.rules("bad", "{\n\"rules\": 1}", from: 0, received: Events.monday)
        var bench = Bench()
        try bench.feed([activation, Events.block(Events.monday, [1])])
        #expect(bench.counter("rule_sets_refused_total") == 1)
        #expect(bench.exceptions.first?.code == "ERR_VEE_RULES_00")
        #expect(bench.exceptions.first?.reason.contains("line 2") == true)
        #expect(bench.versions.first?.ruleSet == "default-1")
        var other = Bench(partition: 1)
        try other.feed(activation)
        #expect(other.exceptions.isEmpty)
    }
}
