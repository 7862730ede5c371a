import Foundation
import PostgresIO
import QueryAPI
import Testing

@Suite(
    "What became of a payload",
    .enabled(if: ScratchDatabase.isExpected, ScratchDatabase.missing),
    ScratchDatabase(rows: PayloadRows.sql),
    .timeLimit(.minutes(1))
)
struct PayloadTests {
    private func account(_ id: String, source: String? = nil) throws -> PayloadAccount {
        var connection = try ScratchDatabase.connect(ScratchDatabase.url)
        return try #require(try PayloadAccount.read(id, source: source, &connection))
    }

    /// Offered, in force, superseded, unchanged, held, refused, pending.
    private func numbers(_ counts: PayloadAccount.Counts) -> [Int64] {
        [
            counts.offered, counts.inForce, counts.superseded, counts.unchanged, counts.held, counts.refused,
            counts.pending,
        ]
    }

    @Test func everyValueIsAccountedFor() throws {
        let account = try account("P", source: "S1")
        #expect(account.state == .complete)
        #expect(numbers(account.counts) == [10, 4, 2, 1, 2, 1, 0])
        #expect(account.pointer.text == "meter.raw/0/10")
        #expect(account.duplicates.map(\.text) == ["meter.raw/0/50"])
        #expect(account.refusedLines == 2)
        #expect(account.deadLetters.map(\.code) == ["line_malformed"])
        let channel = try #require(account.channels.first)
        #expect(account.channels.count == 1)
        #expect(channel.codes == ["V12"])
        #expect(
            channel.supersededBy.map { [$0.pointer.text, $0.id, $0.source, $0.how, "\($0.count)"] } == [
                ["meter.raw/0/20", "Q", "S2", "linear", "1"], ["meter.raw/0/20", "Q", "S2", "value", "1"],
            ]
        )
        // 300 + 300 + 200 + 200 in force, in place of 100 + 100 and of nothing.
        #expect(channel.usageChange == "0.0000008")
    }

    @Test func quartersInPlaceOfAHalfHour() throws {
        let new = try account("G")
        #expect(numbers(new.counts) == [2, 2, 0, 0, 0, 0, 0])
        // 150 + 200 in place of 400.
        #expect(new.channels.map(\.usageChange) == ["-0.00000005"])
        let old = try account("O")
        // Of E1 slot 7 is still O's.
        #expect(old.channels.map(\.channel) == ["B1", "E1"])
        #expect(old.channels.map { numbers($0.counts) } == [[1, 0, 1, 0, 0, 0, 0], [4, 1, 2, 0, 0, 0, 1]])
        #expect(old.channels[0].supersededBy.map(\.how) == ["withdrawn"])
        #expect(old.channels[0].supersededBy.map(\.id) == ["G"])
        #expect(old.channels[1].supersededBy.map(\.count) == [2])
    }

    @Test func whatNobodyHasSpokenAboutIsPending() throws {
        let account = try account("W")
        #expect(account.state == .pending)
        #expect(numbers(account.counts) == [96, 0, 0, 0, 0, 0, 96])
        #expect(account.channels.map(\.meter) == ["M/9"])
    }

    @Test func duplicatesRefusedOnesAndKeysOfTwoSenders() throws {
        let again = try account("meter.raw/0/50")
        #expect(again.state == .duplicate && again.original?.text == "meter.raw/0/10")
        #expect(again.counts.offered == 0)
        let refused = try account("X")
        #expect(refused.state == .refused && refused.code == "malformed_syntax" && !refused.isOfUse)
        #expect(refused.deadLetters.map(\.isPartial) == [false])
        let both = try account("P")
        #expect(both.pointer.offset == 10 && both.others.map(\.offset) == [70])
        let other = try account("P", source: "S3")
        #expect(other.pointer.offset == 70 && other.factCount == 1 && other.isOfUse && other.state == .complete)
        var connection = try ScratchDatabase.connect(ScratchDatabase.url)
        #expect(try PayloadAccount.read("nobody", &connection) == nil)
        #expect(try PayloadAccount.read("meter.raw/0/999", &connection) == nil)
    }

    @Test func theRoutesGiveTheSame() async throws {
        try await RunningAPI.with(databaseURL: ScratchDatabase.url) { api in
            for path in ["P?source=S1", "meter.raw/0/10", "meter.raw%2F0%2F10"] {
                let answer = try await api.get("/api/v1/payloads/\(path)")
                #expect(answer.status == 200, "\(answer.text)")
                let values = try #require(try answer.object()["values"] as? [String: Int])
                #expect(values["in_force"] == 4 && values["superseded"] == 2 && values["offered"] == 10)
                #expect(answer.text.contains("\"usage_change\":0.0000008,"))
                #expect(answer.text.contains("\"lines\":[{\"line\": 7}]"))
            }
            let missing = try await api.get("/api/v1/payloads/nobody")
            #expect(missing.status == 404)
            #expect(missing.text.contains("urn:meterlog:problem:unknown-payload"))
        }
    }

    @Test func pagesNewestFirst() async throws {
        try await RunningAPI.with(databaseURL: ScratchDatabase.url) { api in
            var seen: [Int] = []
            var next: String?
            repeat {
                let cursor = next.map { "&next=\($0)" } ?? ""
                let answer = try await api.get("/api/v1/payloads?source=S1&outcome=decoded&limit=2\(cursor)")
                #expect(answer.status == 200, "\(answer.text)")
                seen += try answer.rows().compactMap { $0["raw_offset"] as? Int }
                next = try answer.object()["next"] as? String
            } while next != nil && seen.count < 20
            #expect(seen == [40, 30, 10, 5])
            let range = try await api.get("/api/v1/payloads?from=2026-03-02T00:30:00Z&to=2026-03-02T00:50:00Z")
            #expect(try range.rows().compactMap { $0["idempotency_key"] as? String } == ["W", "G"])
            #expect(try await api.get("/api/v1/payloads?outcome=lost").status == 400)
        }
    }

    /// What was held came into force when the value above it went: it is held no more.
    @Test func countsAddUpWhateverHappensLater() {
        let released = PayloadAccount.Counts(
            expected: 10,
            offered: 10,
            taken: 4,
            inForce: 6,
            unchanged: 1,
            held: 3,
            refused: 2
        )
        #expect(numbers(released) == [10, 6, 0, 1, 1, 2, 0])
        // VEE has spoken about six of ten.
        let early = PayloadAccount.Counts(
            expected: 10,
            offered: 6,
            taken: 5,
            inForce: 3,
            unchanged: 1,
            held: 0,
            refused: 0
        )
        #expect(numbers(early) == [10, 3, 2, 1, 0, 0, 4])
    }
}
