import Foundation
import MeterCore
import Testing

/// Reads the system's zone files; nothing but the tests does.
func systemZone(_ identifier: String) throws -> ZoneRules {
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/\(identifier)")))
    return try ZoneRules(identifier: identifier, tzif: bytes.span)
}

private func instant(_ text: String) throws -> Instant {
    let bytes = Array(text.utf8)
    return try #require(TimestampText(bytes.span, 0..<bytes.count)?.instant)
}

private func day(_ text: String) throws -> CivilDate {
    let bytes = Array(text.utf8)
    return try #require(TimestampText(bytes.span, 0..<bytes.count)?.date)
}

struct ZoneRulesTests {
    /// Offsets as `zdump -v` prints them, before and after each change.
    static let offsets: [(zone: String, at: String, seconds: Int)] = [
        ("Europe/Berlin", "2015-03-29T00:59:59Z", 3600),
        ("Europe/Berlin", "2015-03-29T01:00:00Z", 7200),
        ("Europe/Berlin", "2015-10-25T00:59:59Z", 7200),
        ("Europe/Berlin", "2015-10-25T01:00:00Z", 3600),
        ("Europe/Berlin", "2060-03-28T00:59:59Z", 3600),
        ("Europe/Berlin", "2060-03-28T01:00:00Z", 7200),
        ("Europe/Berlin", "2150-10-25T00:59:59Z", 7200),
        ("Europe/Berlin", "2150-10-25T01:00:00Z", 3600),
        ("America/New_York", "2024-03-10T06:59:59Z", -18_000),
        ("America/New_York", "2024-03-10T07:00:00Z", -14_400),
        ("America/New_York", "2060-11-07T05:59:59Z", -14_400),
        ("America/New_York", "2060-11-07T06:00:00Z", -18_000),
        ("America/New_York", "2150-03-08T07:00:00Z", -14_400),
        ("America/New_York", "2150-11-01T06:00:00Z", -18_000),
        ("Australia/Lord_Howe", "2015-04-04T14:59:59Z", 39_600),
        ("Australia/Lord_Howe", "2015-04-04T15:00:00Z", 37_800),
        ("Australia/Lord_Howe", "2024-10-05T15:29:59Z", 37_800),
        ("Australia/Lord_Howe", "2024-10-05T15:30:00Z", 39_600),
        ("Australia/Lord_Howe", "2150-04-04T15:00:00Z", 37_800),
        ("Australia/Lord_Howe", "2150-10-03T15:30:00Z", 39_600),
        ("Asia/Singapore", "1981-12-31T15:59:59Z", 27_000),
        ("Asia/Singapore", "1981-12-31T16:00:00Z", 28_800),
        ("Asia/Singapore", "2200-06-01T00:00:00Z", 28_800),
        ("America/Phoenix", "2015-07-01T00:00:00Z", -25_200),
        ("America/Phoenix", "2015-01-01T00:00:00Z", -25_200),
        ("Europe/Dublin", "2024-07-01T00:00:00Z", 3600),
        ("Europe/Dublin", "2120-01-01T00:00:00Z", 0),
        ("Europe/Dublin", "2120-07-01T00:00:00Z", 3600),
    ]

    @Test(arguments: offsets)
    func offsetsAgreeWithZdump(zone: String, at text: String, seconds: Int) throws {
        #expect(try systemZone(zone).offsetSeconds(at: instant(text)) == seconds)
    }

    @Test func springHourIsSkipped() throws {
        let zone = try systemZone("America/New_York")
        let date = try day("2015-03-08")
        #expect(zone.resolve(date: date, secondOfDay: 7199) == .unique(try instant("2015-03-08T06:59:59Z")))
        let jump = try instant("2015-03-08T07:00:00Z")
        #expect(zone.resolve(date: date, secondOfDay: 7200) == .skipped(transition: jump))
        #expect(zone.resolve(date: date, secondOfDay: 10_799) == .skipped(transition: jump))
        #expect(zone.resolve(date: date, secondOfDay: 10_800) == .unique(jump))
    }

    @Test func autumnHourComesTwice() throws {
        let zone = try systemZone("America/New_York")
        let date = try day("2015-11-01")
        #expect(zone.resolve(date: date, secondOfDay: 3599) == .unique(try instant("2015-11-01T04:59:59Z")))
        let first = LocalTime.ambiguous(
            earlier: try instant("2015-11-01T05:00:00Z"),
            later: try instant("2015-11-01T06:00:00Z")
        )
        #expect(zone.resolve(date: date, secondOfDay: 3600) == first)
        let last = LocalTime.ambiguous(
            earlier: try instant("2015-11-01T05:59:59Z"),
            later: try instant("2015-11-01T06:59:59Z")
        )
        #expect(zone.resolve(date: date, secondOfDay: 7199) == last)
        #expect(zone.resolve(date: date, secondOfDay: 7200) == .unique(try instant("2015-11-01T07:00:00Z")))
        #expect(zone.resolve(date: date, secondOfDay: 86_400) == .unique(try instant("2015-11-02T05:00:00Z")))
    }

    @Test func halfHourChangeOfLordHowe() throws {
        let zone = try systemZone("Australia/Lord_Howe")
        let autumn = LocalTime.ambiguous(
            earlier: try instant("2024-04-06T14:30:00Z"),
            later: try instant("2024-04-06T15:00:00Z")
        )
        #expect(zone.resolve(date: try day("2024-04-07"), secondOfDay: 5400) == autumn)
        #expect(
            zone.resolve(date: try day("2024-10-06"), secondOfDay: 7200)
                == .skipped(transition: try instant("2024-10-05T15:30:00Z"))
        )
        #expect(
            zone.resolve(date: try day("2150-10-04"), secondOfDay: 8000)
                == .skipped(transition: try instant("2150-10-03T15:30:00Z"))
        )
    }

    @Test func daysAreAsLongAsTheyWere() throws {
        let zone = try systemZone("Europe/Berlin")
        func hours(_ text: String) throws -> Int64 {
            let date = try day(text)
            let next = CivilDate(daysSinceEpoch: date.daysSinceEpoch + 1)
            return (zone.dayStart(of: next) - zone.dayStart(of: date)) / 3600
        }
        #expect(try hours("2024-03-31") == 23)
        #expect(try hours("2024-10-27") == 25)
        #expect(try hours("2024-06-01") == 24)
        #expect(zone.localDate(of: try instant("2024-06-01T22:00:00Z")) == (try day("2024-06-02")))
    }

    @Test func aDayThatWasLeftOutIsEmpty() throws {
        let zone = try systemZone("Pacific/Apia")
        let jump = try instant("2011-12-30T10:00:00Z")
        #expect(zone.dayStart(of: try day("2011-12-30")) == jump)
        #expect(zone.dayStart(of: try day("2011-12-31")) == jump)
        #expect(zone.resolve(date: try day("2011-12-30"), secondOfDay: 43_200) == .skipped(transition: jump))
    }

    /// Every quarter hour of three years maps to a wall clock time that maps back to it.
    @Test(arguments: ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Europe/Dublin", "America/Nuuk"])
    func localTimesLeadBack(identifier: String) throws {
        let zone = try systemZone(identifier)
        for start in [1_400_000_100, 4_087_000_200, 4_200_000_300] as [Int64] {
            for quarter in 0..<35_064 as Range<Int64> {
                let instant = Instant(secondsSinceEpoch: start / 900 * 900 + quarter * 900)
                let (date, second) = zone.localTime(of: instant)
                switch zone.resolve(date: date, secondOfDay: second) {
                case .unique(let found) where found == instant: continue
                case .ambiguous(let earlier, let later) where earlier == instant || later == instant: continue
                case let other: Issue.record("\(instant) in \(identifier) leads to \(other)")
                }
            }
        }
    }

    @Test func brokenBytesAreRefused() throws {
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "/usr/share/zoneinfo/Europe/Berlin")))
        for length in 0..<bytes.count {
            #expect(throws: ZoneError.self) {
                try ZoneRules(identifier: "x", tzif: Array(bytes[..<length]).span)
            }
        }
        var random = SplitMix(state: 7)
        for _ in 0..<4000 {
            var broken = bytes
            for _ in 0..<3 {
                broken[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            }
            guard let zone = try? ZoneRules(identifier: "x", tzif: broken.span) else { continue }
            for second in [-4_000_000_000, 0, 1_700_000_000, 4_200_000_000] as [Int64] {
                let instant = Instant(secondsSinceEpoch: second)
                #expect(abs(zone.offsetSeconds(at: instant)) <= 26 * 3600)
                _ = zone.resolve(date: instant.utc.date, secondOfDay: 3600)
            }
        }
    }
}

struct ZoneCatalogTests {
    @Test func fixedOffsetsAreAlwaysThere() {
        let zones = ZoneCatalog()
        let expected: [(String, Int?)] = [
            ("UTC", 0), ("Etc/UTC", 0), ("Z", 0), ("Etc/GMT-10", 36_000), ("Etc/GMT+5", -18_000), ("+10:00", 36_000),
            ("-0330", -12_600), ("+10", 36_000), ("+1:00", nil), ("+25:00", nil), ("Europe/Nowhere", nil), ("", nil),
            ("+", nil), ("+10:0", nil), ("Etc/GMT-10:00", nil),
        ]
        for (name, offset) in expected {
            let zone = zones[name]
            #expect(zone?.offsetSeconds(at: Instant(secondsSinceEpoch: 0)) == offset, "\(name)")
            if zone != nil { #expect(zone?.identifier == name) }
        }
    }

    @Test func loadedZonesAreFoundAndSorted() throws {
        let names = ["Europe/Berlin", "America/New_York", "Asia/Singapore", "America/New_York"]
        let zones = ZoneCatalog(try names.map(systemZone))
        #expect(zones.identifiers == ["America/New_York", "Asia/Singapore", "Europe/Berlin"])
        for name in names { #expect(zones[name]?.identifier == name) }
        #expect(zones["Europe/Paris"] == nil)
    }

    @Test func namesOfFixedOffsets() {
        #expect(ZoneRules.fixed(offsetSeconds: 36_000).identifier == "+10:00")
        #expect(ZoneRules.fixed(offsetSeconds: -12_600).identifier == "-03:30")
        #expect(ZoneRules.fixed(offsetSeconds: 0).identifier == "UTC")
    }
}

/// A small seeded generator, so that a failure can be run again.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
