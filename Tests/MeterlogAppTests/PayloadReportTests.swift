import MeterlogApp
import QueryAPI
import Testing

@Suite("What is said about payloads")
struct PayloadReportTests {
    private func account(
        _ offset: Int64,
        state: PayloadAccount.State = .complete,
        refused: Int64 = 0,
        offered: Int64 = 0
    ) -> PayloadAccount {
        var account = PayloadAccount(
            pointer: PayloadPointer(topic: "meter.raw", partition: 0, offset: offset),
            id: "k\(offset)",
            source: "S1",
            outcome: state == .refused ? "refused" : "decoded",
            state: state
        )
        account.counts = PayloadAccount.Counts(
            expected: offered,
            offered: offered,
            taken: offered - refused,
            inForce: offered - refused,
            unchanged: 0,
            held: 0,
            refused: refused
        )
        return account
    }

    @Test func filesAreAddedUp() {
        var report = IngestReport()
        report.add(account(1, refused: 2, offered: 10), file: "b.csv")
        report.add(account(2, state: .refused), file: "a.csv")
        report.add(account(3, offered: 5), file: "b.csv")
        #expect(report.files.map(\.name) == ["b.csv", "a.csv"])
        #expect(report.files.map(\.payloads) == [2, 1])
        #expect(report.files.map(\.refusedPayloads) == [0, 1])
        #expect(report.files.map(\.counts.inForce) == [13, 0])
        #expect(report.total.offered == 15 && report.total.refused == 2)
        #expect(report.isOfUse)
        #expect(
            report.lines.last?.split(separator: " ").map { String($0) } == [
                "total", "3", "1", "0", "0", "0", "15", "13", "0", "0", "0", "2", "0",
            ]
        )
        #expect(report.json.contains("\"file\":\"b.csv\",\"payloads\":2,"))
    }

    @Test func nothingOfUse() {
        var report = IngestReport()
        report.add(account(1, state: .refused), file: "a.csv")
        report.add(account(2, refused: 4, offered: 4), file: "a.csv")
        #expect(!report.isOfUse)
        // One that nobody has read yet may still be.
        report.add(nil, file: "a.csv")
        #expect(report.isOfUse && report.silentPayloads == 1)
    }

    @Test func theTextNamesWhatCameInPlace() {
        var account = account(7, offered: 3)
        account.channels = [
            PayloadAccount.Channel(
                meter: "M-1",
                channel: "E1",
                unit: "kWh",
                fromMicroseconds: 1_772_323_200_000_000,
                toMicroseconds: 1_772_325_900_000_000,
                counts: PayloadAccount.Counts(
                    expected: 3,
                    offered: 3,
                    taken: 2,
                    inForce: 1,
                    unchanged: 0,
                    held: 1,
                    refused: 0
                ),
                codes: ["V12"],
                supersededBy: [
                    PayloadAccount.Successor(
                        pointer: PayloadPointer(topic: "meter.raw", partition: 1, offset: 9),
                        id: "k9",
                        how: "linear",
                        count: 1
                    )
                ]
            )
        ]
        account.counts = account.channels[0].counts
        let lines = PayloadText(account).lines
        #expect(lines.contains("3 values: 1 in force, 1 superseded, 0 unchanged, 1 held, 0 refused"))
        #expect(lines.contains("M-1 E1: 1 superseded by estimates (linear), due since k9 (meter.raw/1/9)"))
        #expect(lines.contains { $0.hasPrefix("M-1 ") && $0.contains("2026-03-01T00:00:00Z") && $0.hasSuffix("V12") })
    }
}
