import ArgumentParser

/// `meterlog-bench vee-rules`: what the rules cost.
struct VEERulesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vee-rules",
        abstract: "Times every rule on intervals on days of 96 quarter-hours, beside the minimal work of w1.",
        discussion: """
            Each rule alone, the statistics that all of them share, all of the shipped rules together, and the fold of w1 over as many days in \
            memory: one thread, no broker, the least of several passes. Exit code 2 when the rules more than double the time of w1.
            """
    )

    @Flag(help: "One JSON object.")
    var json = false
    @Option(help: "Days.")
    var days = 20_000
    @Option(help: "Seed of the values.")
    var seed: UInt64 = 1

    /// The minimal work with the rules against the one without.
    private static let limit = 2.0

    func validate() throws {
        guard (100...1_000_000).contains(days) else { throw ValidationError("--days is 100 to 1000000") }
    }

    func run() throws {
        let costs = try RuleCosts(days: days, seed: seed)
        let alone = costs.rules.reduce(0) { $0 + $1.nanosecondsPerDay }
        var result = BenchResult()
        result.add("allRulesMicrosecondsPerDay", .number(costs.allNanosecondsPerDay / 1000, decimals: 3))
        result.add("w1MicrosecondsPerDay", .number(costs.w1NanosecondsPerDay / 1000, decimals: 3))
        result.add("w1WithRulesToW1", .number(costs.ratioToW1, decimals: 3))
        if json {
            let rows = costs.rules.map { cost in
                var row = BenchResult()
                row.add("rule", .text(cost.name))
                row.add("nanosecondsPerDay", .number(cost.nanosecondsPerDay, decimals: 1))
                row.add("sharePercent", .number(100 * cost.nanosecondsPerDay / alone, decimals: 1))
                return row.json
            }
            print(String(result.json.dropLast()) + ",\"rules\":[" + rows.joined(separator: ",") + "]}")
        } else {
            for cost in costs.rules { result.add(cost.name, .number(cost.nanosecondsPerDay, decimals: 1)) }
            print(result.table)
        }
        if costs.ratioToW1 > Self.limit { throw ExitCode(2) }
    }
}
