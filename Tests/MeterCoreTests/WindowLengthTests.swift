import MeterCore
import Testing

struct WindowLengthTests {
    @Test(arguments: [
        ("day", WindowLength.day), ("24h", .day), ("1d", .day), ("week", .days(7)), ("7d", .days(7)), ("2d", .days(2)),
        ("31d", .days(31)), ("month", .month), ("1h", .hours(1)), ("12h", .hours(12)),
    ])
    func readsWhatItSays(text: String, length: WindowLength) {
        #expect(WindowLength(text) == length)
        #expect(WindowLength(length.description) == length)
    }

    @Test(arguments: ["", "d", "h", "0h", "5h", "13h", "0d", "32d", "-7d", "07d", "+7d", "1m", "Week", "7 d", "7dd"])
    func refusesEverythingElse(text: String) {
        #expect(WindowLength(text) == nil)
    }

    @Test func weeksBeginOnMonday() throws {
        let sunday = try #require(CivilDate(year: 2026, month: 3, day: 29))
        let week = WindowLength.days(7).dates(around: sunday)
        #expect(CivilDate(daysSinceEpoch: week.lowerBound).description == "2026-03-23")
        #expect(week.upperBound == sunday.daysSinceEpoch + 1)
        #expect(WindowLength.days(7).dates(around: CivilDate(daysSinceEpoch: 3)) == -3..<4)
        #expect(WindowLength.days(7).dates(around: CivilDate(daysSinceEpoch: -4)) == -10 ..< -3)
    }

    @Test func daysAreCountedFromTheFirstMonday() {
        for day in Int32(-40)...40 {
            let dates = WindowLength.days(5).dates(around: CivilDate(daysSinceEpoch: day))
            #expect(dates.count == 5)
            #expect(dates.contains(day))
            #expect((dates.lowerBound - 4) % 5 == 0)
        }
    }

    @Test(arguments: [(2024, 2, 29), (2026, 2, 28), (2026, 12, 31), (2026, 4, 30)])
    func monthsHaveTheirLength(year: Int, month: Int, days: Int) throws {
        let first = try #require(CivilDate(year: year, month: month, day: 1)).daysSinceEpoch
        for day in [0, 10, days - 1] {
            let dates = WindowLength.month.dates(around: CivilDate(daysSinceEpoch: first + Int32(day)))
            #expect(dates == first..<first + Int32(days))
        }
    }

    @Test func partsOfADayAreOfTheirDate() {
        #expect(WindowLength.hours(6).dates(around: CivilDate(daysSinceEpoch: 20_000)) == 20_000..<20_001)
        #expect(WindowLength.hours(6).longestDays == 1)
        #expect(WindowLength.month.longestDays == 31)
    }
}
