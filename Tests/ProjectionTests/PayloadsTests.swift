import MeterCore
import MeterEvents
import Projection
import Testing

@Suite("Payloads and what became of their values", .enabled(if: TestDatabase.isExpected), .serialized)
struct PayloadsTests {
    private static func outcome(
        _ offset: Int64,
        key: String,
        _ outcome: PayloadOutcomeEvent.Outcome = .decoded,
        change: (inout PayloadOutcomeEvent) -> Void = { _ in }
    ) -> [UInt8] {
        var event = PayloadOutcomeEvent(
            raw: Samples.raw(offset),
            idempotencyKey: key,
            source: "he-1",
            format: "text/csv",
            sha256: "ab12",
            outcome: outcome,
            payloadBytes: 400
        )
        change(&event)
        var bytes: [UInt8] = []
        event.append(to: &bytes)
        return bytes
    }

    @Test func oneRowForEachRecordOfTheRawTopic() async throws {
        try await ReadModelBench.run { bench in
            let channel = PayloadOutcomeEvent.Channel(
                meter: "M \"1\"",
                channel: "E1",
                unit: .kilowattHour,
                intervals: 96,
                registers: 2,
                from: Samples.day,
                to: Samples.day + 86_400
            )
            let first = Self.outcome(7, key: "k") { event in
                event.channels = [channel]
                event.channelCount = 1
                event.intervalCount = 96
                event.registerCount = 2
                event.rejectedLineCount = 3
                event.factCount = 4
            }
            let again = Self.outcome(9, key: "k", .duplicate) { $0.original = Samples.raw(7) }
            let refused = Self.outcome(8, key: "x\u{0}", .refused) { $0.code = "malformed_syntax" }
            try bench.project(PayloadsModel.self, [first, refused, again, first])
            let rows = try bench.rows(
                """
                SELECT raw_topic, raw_partition, raw_offset, idempotency_key, source, format, sha256, outcome, code, payload_bytes,
                    channel_count, interval_count, register_count, rejected_lines, facts, original_topic, original_partition,
                    original_offset
                FROM payloads ORDER BY raw_offset
                """
            )
            #expect(
                rows == [
                    "meter.raw 2 7 k he-1 text/csv ab12 decoded  400 1 96 2 3 4 - - -",
                    "meter.raw 2 8 x\u{FFFD} he-1 text/csv ab12 refused malformed_syntax 400 0 0 0 0 0 - - -",
                    "meter.raw 2 9 k he-1 text/csv ab12 duplicate  400 0 0 0 0 0 meter.raw 2 7",
                ]
            )
            let channels = """
                SELECT c->>'meter', c->>'channel', c->>'unit', c->>'intervals', c->>'registers', c->>'from', c->>'to'
                FROM payloads, jsonb_array_elements(channels) c
                """
            #expect(try bench.rows(channels) == ["M \"1\" E1 kWh 96 2 1772323200 1772409600"])
        }
    }

    @Test func aPayloadThatCannotBeStoredLeavesNothing() throws {
        var model = PayloadsModel(schema: "none")
        let bytes = Self.outcome(1, key: "k") { $0.intervalCount = .max }
        #expect(throws: EventError.self) {
            try model.fold(
                bytes,
                0..<bytes.count,
                topic: "meter.payloads",
                position: LogPosition(partition: 0, offset: 0)
            )
        }
        #expect(model.rowCount == 0)
    }

    @Test func fatesOfTheSameBlockBothCount() async throws {
        try await ReadModelBench.run { bench in
            var fate = BlockFate(raw: Samples.raw(7), start: Samples.day, end: Samples.day + 1800, intervalSeconds: 900)
            fate.offered = 10
            fate.taken = 4
            fate.replaced = 1
            fate.unchanged = 3
            fate.held = 2
            fate.refused = 1
            fate.code = "V12"
            var event = Samples.intervals(values: [1, 2])
            event.fates = [fate, fate]
            let alone = Samples.encoded(Samples.intervals(meter: "M-2", values: []).with { $0.fates = [fate] })
            try bench.project(ReadingsModel.self, [Samples.encoded(event), alone])
            let rows = try bench.rows(
                """
                SELECT meter_id, raw_topic, raw_partition, raw_offset, to_char(span_end, 'HH24:MI'), interval_seconds, count(*),
                    sum(offered), sum(taken), sum(replaced), sum(unchanged), sum(held), sum(refused), min(code)
                FROM payload_values GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY 1
                """
            )
            #expect(
                rows == [
                    "M-1 meter.raw 2 7 00:30 900 2 20 8 2 6 4 2 V12", "M-2 meter.raw 2 7 00:30 900 1 10 4 1 3 2 1 V12",
                ]
            )
        }
    }
}

extension ValidatedIntervals {
    fileprivate func with(_ change: (inout ValidatedIntervals) -> Void) -> ValidatedIntervals {
        var event = self
        change(&event)
        return event
    }
}
