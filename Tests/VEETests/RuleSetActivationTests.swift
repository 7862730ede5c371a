import MeterCore
import MeterEvents
import StreamCore
import Testing
import VEE

/// The activation of rule sets through the log.
struct RuleSetActivationTests {
    @Test func rulesHoldForTheDataOfTheirTime() throws {
        let monday = Events.monday
        let tuesday = monday + Events.day
        var values = Events.flat(192, 2)
        for index in 10..<14 { values[index] = nil }
        for index in 110..<114 { values[index] = nil }
        let activation = Events.rules(
            "short-gaps",
            #"{"estimation": {"order": [{"method": "E1", "maximumGapSeconds": 1800}]}}"#,
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
