import MeterlogApp
import StreamCore
import Testing

@Suite struct LagReportTests {
    private let lag = GroupLag(
        group: "meterlog-vee",
        state: "Stable",
        partitions: [
            GroupLag.Partition(
                partition: TopicPartition("meter.journal", 0),
                committed: 40,
                start: 0,
                end: 100,
                ageMilliseconds: 90_500,
                member: "vee-0",
                host: "/127.0.0.1"
            ),
            GroupLag.Partition(partition: TopicPartition("meter.journal", 1), committed: nil, start: 5, end: 7),
            GroupLag.Partition(partition: TopicPartition("meter.journal", 2), committed: 9, start: 0, end: 9),
        ]
    )

    @Test func countsFromTheCommittedOffsetOrTheOldestRecord() {
        #expect(lag.partitions.map(\.lagRecords) == [60, 2, 0])
        #expect(lag.partitions.map(\.nextOffset) == [40, 5, 9])
        #expect(lag.lagRecords == 62)
        #expect(lag.greatestLag == 60)
        #expect(lag.greatestAgeMilliseconds == 90_500)
    }

    @Test func aCommittedOffsetBehindRetentionIsNoGreaterLagThanRecordsThereAre() {
        let one = GroupLag.Partition(partition: TopicPartition("t", 0), committed: 3, start: 10, end: 12)
        #expect(one.nextOffset == 10)
        #expect(one.lagRecords == 2)
    }

    @Test func markersOfTransactionsAreNothingToRead() {
        var one = GroupLag.Partition(partition: TopicPartition("t", 0), committed: 9, start: 0, end: 10)
        #expect(one.lagRecords == 1)
        one.holdsOnlyMarkers = true
        #expect(one.lagRecords == 0)
    }

    @Test func showsATableWithTotals() {
        let lines = LagReport(lags: [lag]).lines
        #expect(lines.count == 2 + 3 + 1)
        #expect(lines[2].contains("1 min 30 s"))
        #expect(lines[5].contains("62") && lines[5].contains("Stable"))
        #expect(LagReport(lags: []).lines == ["no consumer groups"])
    }

    @Test func jsonHasNumbersAndNulls() {
        let json = LagReport(lags: [lag]).json
        #expect(
            json.hasPrefix(
                #"{"lagRecords":62,"groups":[{"group":"meterlog-vee","state":"Stable","lagRecords":62,"lagSeconds":90.500,"#
            )
        )
        #expect(json.contains(#""partition":1,"committed":null,"end":7,"lagRecords":2,"lagSeconds":null}"#))
        #expect(json.contains(#""member":"vee-0","host":"/127.0.0.1"}"#))
    }

    @Test(
        arguments: [
            (nil, "-"), (0, "0 ms"), (999, "999 ms"), (59_999, "59 s"), (60_000, "1 min 0 s"), (7_260_000, "2 h 1 min"),
            (180_000_000, "2 d 2 h"),
        ] as [(Int64?, String)]
    )
    func durationsHaveTwoUnits(milliseconds: Int64?, text: String) {
        #expect(LagReport.duration(milliseconds) == text)
    }
}
