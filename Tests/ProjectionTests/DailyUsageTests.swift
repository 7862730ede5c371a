import MeterCore
import MeterEvents
import Projection
import Testing

/// The public view `daily_usage` over windows of every length.
///
/// Hourly values in Berlin over the change of the clock, 2026-03-27 to 2026-04-02: the hour that begins at local time h of a day has
/// `100 * day of the month + h` billionths, so the sums are those of the local days.
@Suite("Daily usage", .enabled(if: TestDatabase.isExpected), .serialized)
struct DailyUsageTests {
    /// Local midnight of 2026-03-27, and the hours of the seven days.
    private static let first = Instant(secondsSinceEpoch: 1_774_566_000)
    private static let daySeconds: [Int64] = [24, 24, 23, 24, 24, 24, 24].map { $0 * 3600 }
    private static let dates = ["03-27", "03-28", "03-29", "03-30", "03-31", "04-01", "04-02"]
    private static let midnights = daySeconds.reduce(into: [first]) { $0.append($0[$0.count - 1] + $1) }

    private static func values(_ day: Int) -> [Int64] {
        let ofMonth = [27, 28, 29, 30, 31, 1, 2][day]
        let hours = (0..<24).filter { day != 2 || $0 != 2 }
        return hours.map { Int64(100 * ofMonth + $0) }
    }

    private static func readings(_ day: Int, values: [Int64]? = nil, quality: Quality = .validated) -> [UInt8] {
        var event = Samples.intervals(start: midnights[day], values: values ?? Self.values(day), quality: quality)
        event.intervalSeconds = 3600
        return Samples.encoded(event)
    }

    private static func window(
        _ start: Instant,
        _ end: Instant,
        sum: Int64,
        isClosed: Bool = true,
        expected: UInt32? = nil,
        zone: String = "Europe/Berlin"
    ) -> [UInt8] {
        let hours = UInt32((end.secondsSinceEpoch - start.secondsSinceEpoch) / 3600)
        var window = WindowState(start: start, end: end, expected: expected ?? hours)
        window.validated = expected ?? hours
        window.isClosed = isClosed
        window.revision = 1
        window.sumBillionths = sum
        var event = Samples.intervals(start: start, values: [], zone: zone, window: window)
        event.intervalSeconds = 3600
        return Samples.encoded(event)
    }

    /// Parts of a day of six hours; the last takes what the change of the clock takes away.
    private static func parts(_ day: Int, _ numbers: Range<Int> = 0..<4) -> [[UInt8]] {
        let values = values(day)
        return numbers.map { part in
            let end = part == 3 ? midnights[day + 1] : midnights[day] + Int64(part + 1) * 6 * 3600
            let sum = values[(part * 6)..<min(part * 6 + 6, values.count)].reduce(0, +)
            return window(midnights[day] + Int64(part) * 6 * 3600, end, sum: sum)
        }
    }

    private static let all: [[UInt8]] = (0..<7).map { readings($0) }
    private static let select = """
        SELECT to_char(day, 'MM-DD'), (usage * 1e9)::bigint, expected, present, closed FROM daily_usage ORDER BY window_start
        """

    private static func expected(_ days: Range<Int> = 0..<7, closed: Bool = true) -> [String] {
        days.map { day in
            let hours = daySeconds[day] / 3600
            return "\(dates[day]) \(values(day).reduce(0, +)) \(hours) \(hours) \(closed)"
        }
    }

    @Test func isTheSameWhateverTheWindows() async throws {
        let midnights = Self.midnights
        let days = (0..<7).map { Self.window(midnights[$0], midnights[$0 + 1], sum: Self.values($0).reduce(0, +)) }
        let parts = (0..<7).flatMap { Self.parts($0) }
        // Weeks from Monday: the first ends on the 29th, and of the second there are four days.
        let monday = midnights[3]
        let weeks = [
            Self.window(monday + (-7 * 24 + 1) * 3600, monday, sum: 1),
            Self.window(monday, monday + 7 * 86_400, sum: 1),
        ]
        let april = midnights[5]
        let months = [
            Self.window(april + (-31 * 24 + 1) * 3600, april, sum: 1), Self.window(april, april + 30 * 86_400, sum: 1),
        ]
        for windows in [days, parts, weeks, months] {
            try await ReadModelBench.run { bench in
                try bench.project(ReadingsModel.self, Self.all + windows)
                #expect(try bench.rows(Self.select) == Self.expected())
                // What a client asks: some days of one channel.
                let some = """
                    SELECT to_char(day, 'MM-DD') FROM daily_usage WHERE meter_id = 'M-1' AND channel = 'kwh_import'
                    AND window_start >= '2026-03-27T23:00Z' AND window_start < '2026-03-29T22:00Z' ORDER BY 1
                    """
                #expect(try bench.rows(some) == ["03-28", "03-29"])
            }
        }
    }

    @Test func aDayOfPartsIsClosedWhenAllOfThemAre() async throws {
        try await ReadModelBench.run { bench in
            let second = Self.parts(1)
            try bench.project(ReadingsModel.self, Self.all + Self.parts(0) + second[..<3])
            // All readings are there, so all days are; the second is not closed while one of its parts is not.
            #expect(try bench.rows(Self.select) == Self.expected(0..<1) + Self.expected(1..<7, closed: false))
            try bench.project(ReadingsModel.self, [second[3]], first: 100)
            #expect(try bench.rows(Self.select) == Self.expected(0..<2) + Self.expected(2..<7, closed: false))
            // A part in the middle that is not closed, and then is not there at all.
            let start = Self.midnights[1] + 6 * 3600
            try bench.project(
                ReadingsModel.self,
                [Self.window(start, start + 6 * 3600, sum: 1, isClosed: false)],
                first: 101
            )
            let one = Self.expected(0..<1) + Self.expected(1..<7, closed: false)
            #expect(try bench.rows(Self.select) == one)
            try bench.project(
                ReadingsModel.self,
                [Self.window(start, start + 6 * 3600, sum: 0, expected: 0)],
                first: 102
            )
            #expect(try bench.rows(Self.select) == one)
        }
    }

    @Test func theFirstDayOfAChannelHasNoEarlierParts() async throws {
        try await ReadModelBench.run { bench in
            // The channel begins at noon; two days later its morning is missing.
            var event = Samples.intervals(start: Self.midnights[0] + 12 * 3600, values: Array(Self.values(0)[12...]))
            event.intervalSeconds = 3600
            let records = [Samples.encoded(event)] + Self.parts(0, 2..<4) + Self.parts(1, 2..<4)
            try bench.project(ReadingsModel.self, records)
            let closed = try bench.rows("SELECT expected, present, closed FROM daily_usage ORDER BY window_start")
            #expect(closed == ["12 12 true", "12 12 false"])
        }
    }

    @Test func valuesThatDoNotCountAreNotSummed() async throws {
        try await ReadModelBench.run { bench in
            let midnights = Self.midnights
            let records = [
                Self.readings(0), Self.readings(1, quality: .failed), Self.readings(3, quality: .missing),
                Self.readings(4, values: [5]), Self.window(midnights[0], midnights[7], sum: 1, isClosed: false),
            ]
            try bench.project(ReadingsModel.self, records)
            // Of the 29th there is no reading at all, and so no row.
            #expect(
                try bench.rows(Self.select) == Self.expected(0..<1, closed: false) + [
                    "03-28 0 24 24 false", "03-30 0 24 0 false", "03-31 5 24 1 false",
                ]
            )
        }
    }

    @Test func aDayIsThereOnceWhenTheLengthOfWindowsWasChanged() async throws {
        let midnights = Self.midnights
        func day(_ number: Int, sum: Int64) -> [UInt8] {
            Self.window(midnights[number], midnights[number + 1], sum: sum)
        }
        // Each list is one history: windows in the order in which they were decided.
        let week = Self.window(midnights[0], midnights[3], sum: 1)
        let days = (0..<3).map { day($0, sum: 1) }
        // One that begins with the longer window would take its place: there is one window for each beginning.
        for windows in [days + [week], [week] + days[1...], Self.parts(0) + [week]] {
            try await ReadModelBench.run { bench in
                try bench.project(ReadingsModel.self, Self.all + windows)
                #expect(try bench.rows(Self.select) == Self.expected(0..<3) + Self.expected(3..<7, closed: false))
            }
        }
        let total = Self.values(0).reduce(0, +)
        for windows in [Self.parts(0) + [day(0, sum: total)], [day(0, sum: 1)] + Self.parts(0)] {
            try await ReadModelBench.run { bench in
                try bench.project(ReadingsModel.self, Self.all + windows)
                #expect(try bench.rows(Self.select) == Self.expected(0..<1) + Self.expected(1..<7, closed: false))
            }
        }
        // Two lengths of several days: the later one.
        let month = Self.window(midnights[0], midnights[5], sum: 1)
        try await ReadModelBench.run { bench in
            try bench.project(ReadingsModel.self, Self.all + [week, month])
            #expect(try bench.rows(Self.select) == Self.expected(0..<5) + Self.expected(5..<7, closed: false))
        }
    }

    @Test func aWindowThatWasTakenBackLeavesTheReadings() async throws {
        let midnights = Self.midnights
        for end in [midnights[0] + 6 * 3600, midnights[1], midnights[4]] {
            try await ReadModelBench.run { bench in
                let record = Self.window(midnights[0], end, sum: 0, isClosed: false, expected: 0)
                try bench.project(ReadingsModel.self, Self.all + [record])
                #expect(try bench.rows(Self.select) == Self.expected(closed: false))
            }
        }
    }

    @Test func daysOfZonesThatAreOffsetsAbbreviationsOrUnknown() async throws {
        let start = Instant(secondsSinceEpoch: 1_782_849_600)  // 2026-06-30T20:00:00Z
        for (zone, date) in [
            ("+04:00", "2026-07-01"), ("-0330", "2026-06-30"), ("CET", "2026-06-30"), ("nowhere", "-"),
        ] {
            for end in [start + 6 * 3600, start + 86_400] {
                try await ReadModelBench.run { bench in
                    try bench.project(ReadingsModel.self, [Self.window(start, end, sum: 1, zone: zone)])
                    #expect(try bench.rows("SELECT day::text FROM daily_usage") == [date], "\(zone)")
                }
            }
        }
    }

    /// Midnight comes twice in Havana on 2026-11-01 and is left out in Santiago on 2026-09-06; a whole day was left out in Samoa.
    @Test func daysBeginWhereVEECutsThem() async throws {
        let spans = [
            ("'2026-11-01T04:00Z', '2026-11-01T04:30Z', 'America/Havana'", ["2026-11-01 25"]),
            ("'2026-09-06T04:00Z', '2026-09-06T05:00Z', 'America/Santiago'", ["2026-09-06 23"]),
            ("'2011-12-29T10:00Z', '2011-12-30T10:00:01Z', 'Pacific/Apia'", ["2011-12-29 24", "2011-12-31 24"]),
        ]
        try await ReadModelBench.run { bench in
            for (span, days) in spans {
                let found = try bench.rows(
                    """
                    SELECT day::text, extract(epoch FROM day_end - day_start)::bigint / 3600 FROM meterlog_local_days(\(span))
                    """
                )
                #expect(found == days)
            }
        }
    }
}
