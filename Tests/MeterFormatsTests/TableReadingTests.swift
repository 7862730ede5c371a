import MeterCore
import MeterFormats
import Testing

/// What a table's lines say beside their times: two values for one interval, several channels, values that are none, lengths and units.
@Suite struct TableReadingTests {
    private static let plain = "text/csv; profile=mapped; time=t; value=v; meter=m"

    private func values(_ batch: ReadingBatch, _ channel: String? = nil) -> [Int64] {
        batch.series.filter { channel == nil || $0.channel == channel }.flatMap { batch.billionths[$0.values] }
    }

    private func codes(_ batch: ReadingBatch) -> [String] { batch.rejects.map { "\($0.line) \($0.code.rawValue)" } }

    // MARK: Two values for one interval

    @Test func theLaterLineHoldsAndTheEarlierIsTold() throws {
        let text = "t,v\n2024-01-01 01:00,9\n2024-01-01 02:00,2\n2024-01-01 03:00,3\n2024-01-01 01:00,1\n"
        let batch = try decoded(text, Self.plain + "; interval=3600")
        #expect(values(batch) == [1_000_000_000, 2_000_000_000, 3_000_000_000])
        #expect(codes(batch) == ["2 slot_twice"])
        #expect(batch.rejects[0].reason.contains("line 5") && batch.rejects[0].reason.contains("line 2"))
    }

    @Test func identicalLinesHoldOnceAndAreTold() throws {
        let text = "t,v\n2024-01-01 01:00,1\n2024-01-01 02:00,2\n2024-01-01 01:00,1\n2024-01-01 02:00,2\n"
        let batch = try decoded(text, Self.plain + "; interval=3600")
        #expect(values(batch) == [1_000_000_000, 2_000_000_000])
        #expect(codes(batch) == ["4 duplicate_line", "5 duplicate_line"])
    }

    @Test func aStampAFewSecondsLateIsForTheSameInterval() throws {
        let text = "t,v\n2024-01-01 01:00:00,9\n2024-01-01 01:00:03,1\n2024-01-01 02:00:00,2\n"
        let batch = try decoded(text, Self.plain + "; interval=3600")
        #expect(values(batch) == [1_000_000_000, 2_000_000_000] && codes(batch) == ["2 slot_twice"])
        // The stamp stays as it was written: 01:00:03.
        #expect(batch.endSeconds.first == 1_704_070_803)
    }

    @Test func elementsOfAListThatSayOneIntervalTwiceAreTold() throws {
        let text = """
            [{"meter":"m","start":0,"interval":900,"values":[9,2]},
             {"meter":"m","start":900,"interval":900,"values":[5,3]},
             {"meter":"n","start":0,"interval":900,"values":[7]},
             {"meter":"m","start":900,"interval":900,"values":[5,3]}]
            """
        let batch = try decoded(text, "application/json")
        // The first element keeps its first value; its second is replaced by the second element, which the fourth repeats.
        #expect(batch.series.map(\.meter) == ["m", "m", "n"])
        #expect(values(batch) == [9, 5, 3, 7].map { $0 * 1_000_000_000 })
        #expect(batch.endSeconds == [900, 1800, 2700, 900])
        #expect(codes(batch) == ["1 slot_twice", "4 duplicate_line"])
    }

    @Test func aDayOfNEM12ThatComesTwiceInOneVersionHoldsAsItsLaterRecord() throws {
        func day(_ value: String, _ version: String) -> String {
            "300,20240101," + String(repeating: "\(value),", count: 24) + "A,,,\(version),\n"
        }
        let head = "100,NEM12,202401020000,A,B\n200,N,E1,1,E1,N1,S,kWh,60,\n"
        let twice = try decoded(
            head + day("2", "20240102000000") + day("1", "20240102000000") + "900\n",
            "text/csv; profile=nem12"
        )
        #expect(values(twice) == Array(repeating: 1_000_000_000, count: 24))
        #expect(codes(twice) == ["3 slot_twice"])
        // Versions are told apart by their times, and both go on.
        let versions = try decoded(
            head + day("2", "20240102000000") + day("1", "20240103000000") + "900\n",
            "text/csv; profile=nem12"
        )
        #expect(versions.valueCount == 48 && versions.rejectCount == 0)
    }

    // MARK: Channels

    private static let directions = """
        MPRN,Read Value,Read Type,when
        1,0.2,Active Import Interval (kWh),13-06-2024 00:00
        1,0.7,Active Export Interval (kWh),13-06-2024 00:00
        1,0.3,Active Import Interval (kWh),12-06-2024 23:30
        1,0.8,Active Export Interval (kWh),12-06-2024 23:30

        """

    @Test func importAndExportAreTwoChannels() throws {
        let type =
            "text/csv; profile=mapped; meter-column=MPRN; time=when; value=\"Read Value\"; interval=1800; date-format=\"dd-MM-yyyy HH:mm\""
        let batch = try decoded(Self.directions, type)
        #expect(values(batch, "1-0:1.8.0") == [300_000_000, 200_000_000])
        #expect(values(batch, "1-0:2.8.0") == [800_000_000, 700_000_000])
        #expect(batch.rejectCount == 0)
        #expect(refusal(Self.directions, type + "; unit=kW")?.code == .unknownUnit)
    }

    @Test func aColumnThatTellsRegistersApartIsNamedAndNothingIsMerged() throws {
        let text =
            "t,register,v\n2024-01-01 01:00,A,1\n2024-01-01 01:00,B,2\n2024-01-01 02:00,A,3\n2024-01-01 02:00,B,4\n"
        let merged = refusal(text, Self.plain + "; interval=3600")
        #expect(merged?.code == .ambiguousChannel)
        #expect(merged?.reason.contains("register") == true)
        let batch = try decoded(text, Self.plain + "; interval=3600; channel-column=register")
        #expect(batch.series.map(\.channel) == ["A", "B"])
        #expect(values(batch) == [1, 3, 2, 4].map { $0 * 1_000_000_000 })
    }

    // MARK: Values

    @Test func aValueThatIsNoneLeavesTheOthersOfItsLine() throws {
        let text =
            "t,A,B,C\n2024-01-01 01:00,1,NaN,2\n2024-01-01 02:00,1,,2\n2024-01-01 03:00,1,x,2\n2024-01-01 04:00,1,5,2\n"
        let batch = try decoded(
            text,
            "text/csv; profile=mapped; time=t; value=\"A,B,C\"; meter-from=header; interval=3600"
        )
        #expect(batch.series.map(\.values.count) == [4, 2, 4])
        #expect(codes(batch) == ["2 invalid_number", "4 invalid_number"])
        #expect(batch.rejects.allSatisfy { $0.reason.contains("\"B\"") })
    }

    @Test func decimalCommasAreReadWhereTheyAreMeantAndRefusedWhereTheyMayNotBe() throws {
        let type = "text/csv; profile=mapped; time=t; value=v; meter=m; interval=3600; delimiter=semicolon"
        let batch = try decoded("t;v\n2024-01-01 01:00;1,234\n2024-01-01 02:00;0,001\n", type)
        #expect(values(batch) == [1_234_000_000, 1_000_000])
        let unclear = "t;v\n2024-01-01 01:00;1,234\n2024-01-01 02:00;2,345\n"
        #expect(refusal(unclear, type)?.reason.contains("decimal") == true)
        #expect(values(try decoded(unclear, type + "; decimal=\",\"")) == [1_234_000_000, 2_345_000_000])
        let points = try decoded("t;v\n2024-01-01 01:00;0.5\n2024-01-01 02:00;0,5\n", type)
        #expect(values(points) == [500_000_000] && codes(points) == ["3 invalid_number"])
    }

    @Test func aWordInAColumnMarksEstimates() throws {
        let text = "Datum;kWh;Ersatzwert\n2026-05-01 00:00;0.10;\n2026-05-01 00:15;0.50;Ja\n"
        let type =
            "text/csv; profile=mapped; time=Datum; value=kWh; meter=m; interval=900; stamp=start; delimiter=\";\""
        let batch = try decoded(text, type + "; estimated-column=\"Ersatzwert=Ja\"")
        #expect(batch.quality == [Quality.raw.rawValue, Quality.estimatedProfile.rawValue])
    }

    // MARK: Interval and unit

    private func quarters(_ count: Int) -> String {
        "t,v\n" + (1...count).map { "2024-01-01 0\($0 / 4):\(["00", "15", "30", "45"][$0 % 4]),0.4\n" }.joined()
    }

    @Test func anIntervalThatStampsOverlapIsRefusedWithTheLikelyOne() throws {
        for count in [2, 3, 8] {
            let refused = refusal(quarters(count), Self.plain + "; interval=3600")
            #expect(refused?.code == .intervalOverlap)
            #expect(
                refused?.reason.contains("15 minutes apart") == true
                    && refused?.reason.contains("--interval 15m") == true
            )
        }
        // Two stamps half an hour off the grid are no grid of their own.
        let single =
            "t,v\n2024-01-01 01:00,1\n2024-01-01 02:00,1\n2024-01-01 02:30,1\n2024-01-01 03:00,1\n2024-01-01 04:00,1\n"
        #expect(try decoded(single, Self.plain + "; interval=3600").valueCount == 5)
    }

    @Test func anIntervalThatNobodyStatesIsWhatTheStampsShow() throws {
        #expect(try decoded(quarters(8), Self.plain).series.first?.intervalSeconds == 900)
        // Too few to show one, and too close for the hour that is taken then.
        #expect(refusal(quarters(2), Self.plain)?.code == .intervalOverlap)
        let bytes = Array(quarters(8).utf8)
        let type = try #require(MediaType(Self.plain))
        let survey = try #require(try TableSurvey.of(bytes.span, mediaType: type, zones: TestZones.catalog))
        #expect(survey.intervalSeconds == 900 && survey.isIntervalUnstated)
    }

    @Test func powerIsEnergyOnlyWhenThatIsSaid() throws {
        let power = try decoded(quarters(4), Self.plain + "; unit=W; interval=900")
        #expect(power.series.first?.unit == .kilowatt && power.series.first?.channel == "1-0:1.7.0")
        // 0.4 W for a quarter of an hour are 0.1 Wh, 0.0001 kWh.
        let energy = try decoded(quarters(4), Self.plain + "; unit=W; interval=900; as=energy")
        #expect(energy.series.first?.unit == .kilowattHour && energy.series.first?.channel == "1-0:1.8.0")
        #expect(values(energy) == [100_000, 100_000, 100_000, 100_000])
        #expect(refusal(quarters(4), Self.plain + "; interval=900; as=energy")?.code == .invalidParameter)
    }

    // MARK: Registers and zones

    @Test func eachReadingOfNEM13KeepsItsOwnQuality() throws {
        let text = """
            100,NEM13,202411010000,MDPX,RETX
            250,N,11,1,11,11,S,E,1100,20240401000000,A,,,1210,20240701000000,S14,76,,110,kWh,,20240702000000,20240702000000
            900

            """
        let read = try #require(try decoded(text, "text/csv; profile=nem13").registers.first)
        #expect(read.previousQuality == .raw && read.quality == .estimatedReferenceDay)
        #expect(read.previousSourceStatus == 10_000 && read.sourceStatus == 51_476)
        // 2024-07-02T00:00 at UTC+10 is 2024-07-01T14:00Z.
        #expect(read.sourceVersion == 1_719_842_400 && read.zoneOrigin == .formatDefault)
    }

    @Test func whereAZoneComesFromIsKept() throws {
        let csv = "t,v\n2024-01-01 01:00,1\n"
        #expect(try decoded(csv, Self.plain).series.first?.zoneOrigin == .unstated)
        #expect(try decoded(csv, Self.plain + "; zone=UTC").series.first?.zoneOrigin == .stated)
        let json = #"{"meter":"m","start":0,"interval":900,"values":[1]}"#
        #expect(try decoded(json, "application/json").series.first?.zoneOrigin == .unstated)
        #expect(try decoded(json, "application/json; zone=UTC").series.first?.zoneOrigin == .stated)
        let aws = "2024-05-01 00:15:00.0,,d,reading,1,,,,,\n"
        #expect(try decoded(aws, "text/csv; profile=aws-guidance").series.first?.zoneOrigin == .unstated)
        #expect(try decoded(aws, "text/csv; profile=aws-guidance; zone=UTC").series.first?.zoneOrigin == .stated)
        let register = #"{"meter":"m","at":0,"value":1}"#
        let type = "application/vnd.meterlog.registers+json"
        #expect(try decoded(register, type).registers.first?.zoneOrigin == .unstated)
    }
}
