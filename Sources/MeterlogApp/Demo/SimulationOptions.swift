import ArgumentParser
import HeadEndSimulator
import MeterCore
import Settings

/// What to simulate, from the command line.
struct SimulationOptions: ParsableArguments {
    @Option(help: "Number of meters.")
    var meters: Int?

    @Option(help: "Interval length: 1m, 5m, 10m, 15m, 30m or 1h.")
    var interval = "15m"

    @Option(help: "Local days.")
    var days: Int?

    @Option(help: "Seed: the same seed gives the same payloads.")
    var seed: UInt64 = 1

    @Option(help: "First local day, yyyy-MM-dd. Default: so that the last day is yesterday.")
    var start: String?

    @Option(help: "IANA time zone of the meters.")
    var zone = "Europe/Berlin"

    @Flag(help: "A head-end without faults.")
    var perfect = false

    /// - Parameters:
    ///   - meters: number of meters when the command line names none.
    ///   - days: number of days when the command line names none.
    func plan(_ settings: Settings, meters defaultMeters: Int, days defaultDays: Int) throws -> SimulationPlan {
        let meters = meters ?? defaultMeters
        let days = days ?? defaultDays
        guard (1...1_000_000).contains(meters) else { throw ValidationError("--meters is 1 to 1000000") }
        guard (1...366).contains(days) else { throw ValidationError("--days is 1 to 366") }
        guard let seconds = MediaTypeOptions.seconds(interval), [60, 300, 600, 900, 1800, 3600].contains(seconds) else {
            throw ValidationError("--interval is 1m, 5m, 10m, 15m, 30m or 1h")
        }
        guard let rules = try ZoneFiles.load(settings.zoneInfoDirectory).zones[zone] else {
            throw ValidationError("there is no time zone \(zone)")
        }
        return SimulationPlan(
            meters: meters,
            intervalSeconds: seconds,
            days: days,
            seed: seed,
            firstDay: try firstDay(rules, days: days),
            zone: rules,
            faults: perfect ? .none : FaultRates()
        )
    }

    private func firstDay(_ rules: ZoneRules, days: Int) throws -> CivilDate {
        guard let start else {
            let today = rules.localDate(of: Instant(secondsSinceEpoch: Stopwatch.wallMilliseconds() / 1000))
            return CivilDate(daysSinceEpoch: today.daysSinceEpoch - Int32(days))
        }
        let bytes = Array(start.utf8)
        guard bytes.count == 10, let text = TimestampText(bytes.span, 0..<10) else {
            throw ValidationError("--start \(start) is not yyyy-MM-dd")
        }
        return text.date
    }
}
