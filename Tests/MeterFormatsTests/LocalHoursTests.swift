import MeterCore
import MeterFormats
import Testing

/// Hours that the clock showed twice or not at all. Instants are worked out by hand: in 2024 Berlin's clock went from 2 to 3 on 31 March
/// and from 3 back to 2 on 27 October, both at 01:00 UTC; summer time is UTC+2.
@Suite struct LocalHoursTests {
    private static let berlin = "text/csv; profile=mapped; time=t; value=v; meter=m; zone=Europe/Berlin; "

    /// `t,v` lines: the time of day after `date`, and a value.
    private func file(_ date: String, _ lines: [(String, Int)]) -> String {
        "t,v\n" + lines.map { "\(date) \($0.0),\($0.1)\n" }.joined()
    }

    /// The end (hour and minute of UTC) of each value of the only series, by value.
    private func ends(_ batch: ReadingBatch) -> [Int: String] {
        var ends: [Int: String] = [:]
        for (index, end) in batch.endSeconds.enumerated() {
            let text = "\(Instant(secondsSinceEpoch: end))"
            ends[Int(batch.billionths[index] / 1_000_000_000)] = String(text.dropFirst(11).prefix(5))
        }
        return ends
    }

    private func codes(_ batch: ReadingBatch) -> [String] { batch.rejects.map { "\($0.line) \($0.code.rawValue)" } }

    // Hours that end at 23:00, 00:00, 01:00, 02:00, 03:00 UTC: 2 is the first pass of the hour from 2 to 3, 3 its second.
    private static let autumnEnds = [1: "00:00", 2: "01:00", 3: "02:00", 4: "03:00"]

    @Test(arguments: [false, true])
    func hourEndingFilesWriteThreeTwiceInAutumn(isBackward: Bool) throws {
        let lines = [("02:00", 1), ("03:00", 2), ("03:00", 3), ("04:00", 4)]
        let text = file("2024-10-27", isBackward ? lines.reversed() : lines)
        let batch = try decoded(text, Self.berlin + "interval=3600")
        #expect(ends(batch) == Self.autumnEnds)
        #expect(batch.rejectCount == 0)
    }

    @Test(arguments: [false, true])
    func wallClocksAtTheEndWriteTwoTwiceInAutumn(isBackward: Bool) throws {
        // The clock shows 2 when the hour from 1 ends, 2 again when the first pass ends (it was just set back), then 3.
        let lines = [("02:00", 1), ("02:00", 2), ("03:00", 3), ("04:00", 4)]
        let text = file("2024-10-27", isBackward ? lines.reversed() : lines)
        let batch = try decoded(text, Self.berlin + "interval=3600")
        #expect(ends(batch) == Self.autumnEnds)
        #expect(batch.rejectCount == 0)
    }

    @Test(arguments: ["02:00", "03:00"])
    func bothNamesOfTheEndOfTheHourBeforeTheJumpAreUnderstood(label: String) throws {
        // From 1 to 2 local is 00:00 to 01:00 UTC; the next hour, from 3 to 4, ends at 02:00 UTC.
        let text = file("2024-03-31", [("01:00", 1), (label, 2), ("04:00", 3)])
        let batch = try decoded(text, Self.berlin + "interval=3600")
        #expect(ends(batch) == [1: "00:00", 2: "01:00", 3: "02:00"])
        #expect(batch.rejectCount == 0)
    }

    @Test func aFileOfStandardTimeHasTheSkippedHourTold() throws {
        let text = file("2024-03-31", [("01:00", 1), ("02:00", 2), ("03:00", 3), ("04:00", 4)])
        let batch = try decoded(text, Self.berlin + "interval=3600")
        #expect(ends(batch) == [1: "00:00", 2: "01:00", 4: "02:00"])
        #expect(codes(batch) == ["4 skipped_local_time"])
        let starts = try decoded(text, Self.berlin + "interval=3600; stamp=start")
        #expect(codes(starts) == ["3 skipped_local_time"])
    }

    private static let quarters = ["02:00", "02:15", "02:30", "02:45"]

    /// Start-stamped quarter hours: from 01:45 local (23:45 UTC) over both passes to 03:00 local (02:00 UTC).
    private static let autumnQuarters: [(String, Int)] =
        [("01:45", 0)] + quarters.enumerated().map { ($1, $0 + 1) } + quarters.enumerated().map { ($1, $0 + 5) }
        + [("03:00", 9)]

    private static let quarterEnds = [
        0: "00:00", 1: "00:15", 2: "00:30", 3: "00:45", 4: "01:00", 5: "01:15", 6: "01:30", 7: "01:45", 8: "02:00",
        9: "02:15",
    ]

    private func quarterFile(_ change: (inout [(String, Int)]) -> Void) throws -> ReadingBatch {
        var lines = Self.autumnQuarters
        change(&lines)
        return try decoded(file("2024-10-27", lines), Self.berlin + "interval=900; stamp=start")
    }

    @Test func aRepeatedLineShiftsNothing() throws {
        for repeated in 0..<10 {
            let batch = try quarterFile { $0.insert($0[repeated], at: repeated) }
            #expect(ends(batch) == Self.quarterEnds)
            #expect(codes(batch) == ["\(repeated + 3) duplicate_line"])
        }
    }

    @Test func eachLineTwiceIsEachLineOnce() throws {
        let batch = try quarterFile { $0 = $0.flatMap { [$0, $0] } }
        #expect(ends(batch) == Self.quarterEnds)
        #expect(batch.rejectCount == 10)
        #expect(batch.rejects.allSatisfy { $0.code == .duplicateLine })
    }

    @Test(arguments: [false, true])
    func pairsAreBothPasses(isBackward: Bool) throws {
        let batch = try quarterFile { lines in
            let pairs = (1...4).flatMap { [lines[$0], lines[$0 + 4]] }
            lines.replaceSubrange(1...8, with: pairs)
            if isBackward { lines.reverse() }
        }
        #expect(ends(batch) == Self.quarterEnds)
        #expect(batch.rejectCount == 0)
    }

    @Test func anHourThatIsThereOnceJoinsOneSide() throws {
        // Cut off in the first pass; begun in the second.
        let first = try quarterFile { $0.removeLast(5) }
        #expect(ends(first) == Self.quarterEnds.filter { $0.key < 5 })
        let second = try quarterFile { $0.removeFirst(5) }
        #expect(ends(second) == Self.quarterEnds.filter { $0.key >= 5 })
    }

    @Test func anHourThatIsThereOnceBetweenBothSidesIsTold() throws {
        let batch = try quarterFile { $0.removeSubrange(5...8) }
        #expect(ends(batch) == [0: "00:00", 9: "02:15"])
        #expect(
            codes(batch) == [
                "3 ambiguous_local_time", "4 ambiguous_local_time", "5 ambiguous_local_time", "6 ambiguous_local_time",
            ]
        )
    }

    @Test func threeValuesForADoubledHourAreTold() throws {
        let text = file("2024-10-27", [("01:00", 1), ("02:00", 2), ("02:00", 3), ("02:00", 4), ("03:00", 5)])
        let batch = try decoded(text, Self.berlin + "interval=3600; stamp=start")
        #expect(ends(batch) == [1: "00:00", 5: "03:00"])
        #expect(codes(batch) == ["3 ambiguous_local_time", "4 ambiguous_local_time", "5 ambiguous_local_time"])
    }

    @Test func aShuffledHourIsToldUnlessItsValuesAreTheSame() throws {
        let order = [0, 3, 1, 6, 2, 8, 5, 4, 7, 9]
        let shuffled = try quarterFile { lines in lines = order.map { lines[$0] } }
        #expect(ends(shuffled) == [0: "00:00", 9: "02:15"])
        #expect(shuffled.rejectCount == 8)
        let same = try quarterFile { lines in lines = order.map { (lines[$0].0, 7) } }
        #expect(Set(same.endSeconds).count == 10)
        #expect(same.rejectCount == 0)
    }

    @Test func theHundredValuesOfAnAutumnDayKeepTheirSum() throws {
        // 25 hours of quarter hours with the values 1 to 100: 5050. Lines are stamped at the end, as the clock shows it.
        var text = "time,arrival_time,device_id,measure_name,load,crrnt,pf,kva,kw,vltg\n"
        var value = 0
        for minute in stride(from: 15, through: 25 * 60, by: 15) {
            value += 1
            // Until 03:00 summer time 180 minutes have gone by; then the clock is an hour back.
            let shown = minute < 180 ? minute : minute - 60
            let (hour, quarter) = (shown / 60, shown % 60)
            let date = hour == 24 ? "2024-10-28 00" : "2024-10-27 " + (hour < 10 ? "0\(hour)" : "\(hour)")
            text += "\(date):\(quarter == 0 ? "00" : "\(quarter)"):00,,d,reading,\(value),,,,,\n"
        }
        let batch = try decoded(text, "text/csv; profile=aws-guidance; zone=Europe/Berlin")
        #expect(batch.billionths.reduce(0, +) == 5_050_000_000_000)
        // From 22:15 UTC of the 26th to 23:00 UTC of the 27th.
        #expect(batch.endSeconds.first == 1_729_980_900 && batch.endSeconds.last == 1_730_070_000)
        #expect(batch.endSeconds == (0..<100).map { 1_729_980_900 + Int64($0) * 900 })
        #expect(batch.rejectCount == 0)
    }

    @Test func daysRunFromMidnightToMidnight() throws {
        // Local midnights of Berlin: 22:00 UTC of the day before in summer, 23:00 in winter; the 27th has 25 hours.
        let text = "t,v\n2024-10-26,1\n2024-10-27,2\n2024-10-28,3\n"
        let starts = try decoded(text, Self.berlin + "interval=P1D; stamp=start")
        let midnights = ["2024-10-25T22:00:00Z", "2024-10-26T22:00:00Z", "2024-10-27T23:00:00Z"]
        func firsts(_ batch: ReadingBatch) -> [String] {
            batch.endSeconds.map { "\(Instant(secondsSinceEpoch: $0 - 86_400))" }
        }
        #expect(firsts(starts) == midnights)
        let ends = try decoded(
            "t,v\n2024-10-27,1\n2024-10-28,2\n2024-10-29,3\n",
            Self.berlin + "interval=P1D"
        )
        #expect(firsts(ends) == midnights)
        let offsets = "t,v\n2024-10-27T00:00:00+02:00,1\n2024-10-28T00:00:00+01:00,2\n2024-10-29T00:00:00+01:00,3\n"
        #expect(firsts(try decoded(offsets, Self.berlin + "interval=P1D")) == midnights)
        let json =
            #"{"meter":"m","zone":"Europe/Berlin","start":"2024-10-26T00:00:00","interval":"P1D","values":[1,2,3]}"#
        #expect(firsts(try decoded(json, "application/json")) == midnights)
        #expect(starts.series.first?.intervalSeconds == 86_400)
    }
}
