import MeterCore
import MeterEvents
import Projection
import Testing

/// `daily_usage` has a row for every local day with readings, and each is the sum of the readings that begin in it.
///
/// Hours of Berlin from local midnight of 2026-03-02, 2026-03-01T23:00:00Z, each of 1 kWh where nothing else is said.
@Suite("The day is the sum of its readings", .enabled(if: TestDatabase.isExpected), .serialized)
struct DayLawTests {
    private static let midnight = Instant(secondsSinceEpoch: 1_772_406_000)
    private static let kilowattHour: Int64 = 1_000_000_000

    private static func hours(
        day: Int64 = 0,
        from hour: Int64 = 0,
        count: Int = 24,
        value: Int64 = kilowattHour,
        quality: Quality = .validated,
        seconds: Int32 = 3600,
        zone: String = "Europe/Berlin",
        revision: UInt32 = 1
    ) -> [UInt8] {
        var event = Samples.intervals(
            start: midnight + (day * 24 + hour) * 3600,
            values: Array(repeating: value, count: count),
            quality: quality,
            revision: revision,
            zone: zone
        )
        event.intervalSeconds = seconds
        return Samples.encoded(event)
    }

    private static func window(
        day: Int64 = 0,
        sum: Int64,
        failed: UInt32 = 0,
        failedSum: Int64 = 0,
        isClosed: Bool = true,
        isBeyondHistory: Bool = false
    ) -> [UInt8] {
        let start = midnight + day * 86_400
        var window = WindowState(start: start, end: start + 86_400, expected: 24)
        window.validated = 24 - failed
        window.failed = failed
        window.failedSumBillionths = failedSum
        window.isClosed = isClosed
        window.isBeyondHistory = isBeyondHistory
        window.sumBillionths = sum
        var event = Samples.intervals(start: start, values: [], window: window)
        event.intervalSeconds = 3600
        return Samples.encoded(event)
    }

    private static let select = """
        SELECT to_char(day, 'MM-DD'), usage, expected, present, closed, estimated, failed, missing, failed_energy
        FROM daily_usage ORDER BY window_start
        """

    /// Days whose usage is not the sum of the readings in force that begin in them, counted apart from the view.
    private static let lawbreakers = """
        SELECT day FROM (
            SELECT (interval_start AT TIME ZONE 'Europe/Berlin')::date AS day,
                coalesce(sum(value) FILTER (WHERE quality_name NOT IN ('missing', 'failed')), 0) AS usage,
                coalesce(sum(value) FILTER (WHERE quality_name = 'failed'), 0) AS failed_energy
            FROM readings GROUP BY 1
        ) r FULL JOIN daily_usage u USING (day)
        WHERE r.usage IS DISTINCT FROM u.usage OR r.failed_energy IS DISTINCT FROM u.failed_energy
        """

    @Test func aDayIsThereFromItsFirstReadingOn() async throws {
        try await ReadModelBench.run { bench in
            try bench.project(ReadingsModel.self, [Self.hours(count: 3)])
            #expect(try bench.rows(Self.select) == ["03-02 3 24 3 false 0 0 0 0"])
            try bench.project(ReadingsModel.self, [Self.hours(from: 3, count: 1)], first: 1)
            try bench.project(
                ReadingsModel.self,
                [
                    Self.hours(from: 4, count: 2, quality: .estimatedLinear),
                    Self.hours(from: 6, count: 1, quality: .missing),
                ],
                first: 2
            )
            #expect(try bench.rows(Self.select) == ["03-02 6 24 6 false 2 0 1 0"])
            #expect(try bench.rows(Self.lawbreakers).isEmpty)
        }
    }

    @Test func aClosedWindowSettlesTheDayAndALaterOneOpensItAgain() async throws {
        try await ReadModelBench.run { bench in
            let sum = 24 * Self.kilowattHour
            func counted() throws -> [String] { try bench.rows("SELECT count(*) FROM rm_readings_1.counted_days") }
            try bench.project(ReadingsModel.self, [Self.hours(), Self.window(sum: sum)])
            #expect(try bench.rows(Self.select) == ["03-02 24 24 24 true 0 0 0 0"])
            #expect(try counted() == ["0"])
            // Checked without its history: the sum is that of the readings whatever the window says.
            let beyond = Self.window(sum: 7, isBeyondHistory: true)
            try bench.project(ReadingsModel.self, [Self.hours(count: 1, value: 5, revision: 2), beyond], first: 2)
            #expect(try bench.rows(Self.select) == ["03-02 23.000000005 24 24 true 0 0 0 0"])
            #expect(try counted() == ["1"])
            #expect(try bench.rows(Self.lawbreakers).isEmpty)
            // Again with its history.
            let settled = Self.window(sum: sum - Self.kilowattHour + 5)
            try bench.project(ReadingsModel.self, [settled], first: 4)
            #expect(try counted() == ["0"])
            #expect(try bench.rows(Self.lawbreakers).isEmpty)
        }
    }

    @Test func failedValuesAreToldBesideTheUsage() async throws {
        try await ReadModelBench.run { bench in
            let records = [
                Self.hours(), Self.hours(from: 5, count: 2, value: 3_500_000_000, quality: .failed, revision: 2),
            ]
            let sum = 22 * Self.kilowattHour
            try bench.project(ReadingsModel.self, records)
            #expect(try bench.rows(Self.select) == ["03-02 22 24 24 false 0 2 0 7"])
            // A window of an older version does not say what the failed ones sum to.
            try bench.project(ReadingsModel.self, [Self.window(sum: sum, failed: 2)], first: 2)
            #expect(try bench.rows(Self.select) == ["03-02 22 24 24 true 0 2 0 7"])
            try bench.project(
                ReadingsModel.self,
                [Self.window(sum: sum, failed: 2, failedSum: 7_000_000_000)],
                first: 3
            )
            #expect(try bench.rows(Self.select) == ["03-02 22 24 24 true 0 2 0 7"])
            #expect(try bench.rows("SELECT count(*) FROM rm_readings_1.counted_days") == ["0"])
            #expect(try bench.rows("SELECT failed_sum FROM windows") == ["7"])
        }
    }

    /// Twelve hours and then twenty-four half hours: what begins in the day is 36 readings.
    @Test func readingsOfTwoLengthsAreOneDay() async throws {
        try await ReadModelBench.run { bench in
            let halves = Self.hours(from: 12, count: 24, value: 500_000_000, seconds: 1800)
            try bench.project(ReadingsModel.self, [Self.hours(count: 12), halves])
            #expect(try bench.rows(Self.select) == ["03-02 24 36 36 false 0 0 0 0"])
            // A reading of a day that begins on it ends with it, long after the last half hour that begins before.
            var day = Samples.intervals(start: Self.midnight + 86_400, values: [9])
            day.intervalSeconds = 86_400
            try bench.project(ReadingsModel.self, [Samples.encoded(day)], first: 2)
            try bench.project(ReadingsModel.self, [Self.hours(day: -1, from: 23, count: 1)], first: 3)
            #expect(
                try bench.rows(Self.select) == [
                    "03-01 1 24 1 false 0 0 0 0", "03-02 24 36 36 false 0 0 0 0", "03-03 0.000000009 1 1 false 0 0 0 0",
                ]
            )
            #expect(try bench.rows(Self.lawbreakers).isEmpty)
        }
    }

    /// Berlin is an hour ahead of London: 23 hours of the old day and one of the day before.
    @Test func anotherZoneCutsTheDaysAnew() async throws {
        try await ReadModelBench.run { bench in
            try bench.project(ReadingsModel.self, [Self.hours()])
            try bench.project(
                ReadingsModel.self,
                [Self.hours(day: 1, count: 1, zone: "Europe/London")],
                first: 1
            )
            #expect(
                try bench.rows("SELECT to_char(day, 'MM-DD'), usage, time_zone FROM daily_usage ORDER BY day") == [
                    "03-01 1 Europe/London", "03-02 24 Europe/London",
                ]
            )
        }
    }

    /// What retention dropped was checked without its history: the window still says what it was.
    @Test func aDayWithoutItsReadingsIsWhatItsWindowSays() async throws {
        try await ReadModelBench.run { bench in
            let window = Self.window(sum: 24 * Self.kilowattHour, isBeyondHistory: true)
            try bench.project(ReadingsModel.self, [Self.hours(), window])
            _ = try bench.rows("SELECT meterlog_drop_readings_before(1, '2026-06-01Z')")
            #expect(try bench.rows(Self.select) == ["03-02 24 24 24 true 0 0 0 0"])
        }
    }

    @Test func oneMeterIsFoundByIndexes() async throws {
        try await ReadModelBench.run { bench in
            try bench.execute(
                """
                INSERT INTO rm_readings_1.channels
                SELECT k, 'M-' || k, 'E1', 1, 'UTC', 3600, '2026-01-01T01:00Z', '2026-03-02Z', '2026-03-02Z', 0, 0, 3600
                FROM generate_series(1, 300) k;
                INSERT INTO rm_readings_1.windows
                SELECT d, d + INTERVAL '1 day', d, 1, 1, k, 0, 24, 24, 0, 0, 0, 0, 1, 1, true, 'UTC', 'r', 0, false, 0
                FROM generate_series(1, 300) k, generate_series('2026-01-01Z', '2026-02-28Z', INTERVAL '1 day') d;
                INSERT INTO rm_readings_1.readings
                SELECT t, t, t, 1, 1, 1, k, 3600, 1, 0, 0, 80, 0, 1, 0, 'r', NULL
                FROM generate_series(1, 300) k, generate_series('2026-03-01T01:00Z'::timestamptz, '2026-03-02Z', INTERVAL '1 hour') t;
                SELECT rm_readings_1.count_days(NULL);
                ANALYZE rm_readings_1.channels, rm_readings_1.windows, rm_readings_1.readings, rm_readings_1.counted_days
                """
            )
            let query = "SELECT sum(usage) FROM daily_usage WHERE meter_id = 'M-7'"
            #expect(
                try bench.rows("SELECT sum(usage) * 1e9 FROM daily_usage WHERE meter_id = 'M-7'") == ["83.000000000"]
            )
            let plan = try bench.plan(query).joined(separator: "\n")
            #expect(!plan.contains("Seq Scan on windows") && !plan.contains("Seq Scan on readings"), "\(plan)")
            #expect(plan.contains("counted_days_pkey"), "\(plan)")
        }
    }
}
