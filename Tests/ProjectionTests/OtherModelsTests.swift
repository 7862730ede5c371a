import MeterCore
import MeterEvents
import PostgresIO
import Projection
import StreamCore
import Testing

@Suite("Exceptions, alarms, dead letters and registry", .enabled(if: TestDatabase.isExpected), .serialized)
struct OtherModelsTests {
    /// Projects the records twice, in two orders of batches, and returns what the statement gives.
    private func project<Model: ReadModel>(
        _ model: Model.Type,
        _ records: [[UInt8]],
        topic: String,
        select: String
    ) async throws -> [[String?]] {
        try await TestDatabase.withMigratedDatabase { url in
            for size in [records.count, 1] {
                var writer = try ProjectionWriter<Model>(TestDatabase.options(url), generation: 1)
                _ = try writer.start([TopicPartition(topic, 0)]) { _ in 0 }
                let batch = Samples.batch(records, topic: topic)
                for index in 0..<batch.count {
                    try writer.fold(batch, index)
                    if (index + 1) % size == 0 { try writer.flush() }
                }
                try writer.flush()
                _ = consume writer
                var admin = try PostgresConnection(TestDatabase.options(url))
                try admin.execute("DELETE FROM projection_offsets")
            }
            var connection = try PostgresConnection(TestDatabase.options(url))
            let rows = try connection.query(select)
            return try (0..<rows.count).map { row in
                try (0..<rows.columnCount).map { try rows.optionalText(row, $0) }
            }
        }
    }

    private func exception(_ rule: UInt32, isOpen: Bool, reason: String) -> [UInt8] {
        let event = VeeException(
            meter: "M-1",
            channel: "kwh_import",
            windowStart: Samples.day,
            windowEnd: Samples.day + 86_400,
            rule: rule,
            severity: .warn,
            isOpen: isOpen,
            firstIntervalStart: Samples.day + 900,
            intervalCount: 4,
            observedBillionths: 4_500_000_000,
            limitBillionths: 1_000_000_000,
            code: rule == 9 ? "ERR_VEE_GAP_04" : "",
            reason: reason,
            ruleSet: "default-1",
            decidedAtMilliseconds: Samples.received,
            raw: Samples.raw()
        )
        var bytes: [UInt8] = []
        event.append(to: &bytes)
        return bytes
    }

    @Test func anExceptionStandsAsItsLastRecordSays() async throws {
        let rows = try await project(
            ExceptionsModel.self,
            [
                exception(9, isOpen: true, reason: "4 slots\u{0}"), exception(19, isOpen: true, reason: "spike"),
                exception(9, isOpen: false, reason: "filled"),
            ],
            topic: "meter.exceptions",
            select: """
                SELECT rule_name, open::text, reason, code, observed::text, limit_value::text, severity_name,
                    interval_count::text, raw_topic
                FROM exceptions ORDER BY rule
                """
        )
        #expect(
            rows == [
                ["V09", "false", "filled", "ERR_VEE_GAP_04", "4.5", "1", "warn", "4", "meter.raw"],
                ["V19", "true", "spike", "", "4.5", "1", "warn", "4", "meter.raw"],
            ]
        )
    }

    private func alarm(_ id: String, priority: UInt8, text: String = "") -> [UInt8] {
        let event = AlarmEvent(
            id: id,
            meter: "M-1",
            sourceCode: "3.26.0.47",
            eventType: "3.26.0.47",
            meaning: "power_down",
            priority: priority,
            occurredAtMilliseconds: Samples.received - 1500,
            text: text,
            codeMapVersion: "1",
            raw: RawReference(
                lane: .alarm,
                partition: 0,
                offset: 3,
                receivedAtMilliseconds: Samples.received,
                payloadHigh: 1,
                payloadLow: 2
            )
        )
        var bytes: [UInt8] = []
        event.append(to: &bytes)
        return bytes
    }

    @Test func anAlarmIsThereOnceAndTheGraverPriorityStands() async throws {
        let rows = try await project(
            AlarmsModel.self,
            [
                alarm("a", priority: 0, text: "first"), alarm("b", priority: 2), alarm("a", priority: 0, text: "again"),
                alarm("b", priority: 3, text: "milder"), alarm("c", priority: 3),
                alarm("c", priority: 1, text: "graver"),
            ],
            topic: "meter.alarms.p0",
            select: """
                SELECT id, priority::text, text, raw_topic, (received_at - occurred_at)::text FROM alarms ORDER BY id
                """
        )
        #expect(
            rows == [
                ["a", "0", "again", "meter.raw.alarms", "00:00:01.5"],
                ["b", "2", "", "meter.raw.alarms", "00:00:01.5"],
                ["c", "1", "graver", "meter.raw.alarms", "00:00:01.5"],
            ]
        )
    }

    @Test func aDeadLetterTellsItsLines() async throws {
        let event = DeadLetterEvent(
            raw: Samples.raw(),
            idempotencyKey: "k-1",
            source: "he-1",
            format: "text/csv",
            code: "LINES",
            reason: "2 lines \"bad\"",
            stage: "normalizer",
            isPartial: true,
            rejectedLineCount: 2,
            lines: [.init(line: 3, byteOffset: 120, code: "NUMBER", reason: "x\n\u{0}\"y\\")],
            payloadBytes: 400
        )
        var bytes: [UInt8] = []
        event.append(to: &bytes)
        let rows = try await project(
            DeadLettersModel.self,
            [bytes, bytes],
            topic: "meter.deadletter",
            select: """
                SELECT raw_topic, raw_offset::text, idempotency_key, code, reason, stage, partial::text,
                    rejected_lines::text, lines->0->>'line', lines->0->>'reason', payload_bytes::text
                FROM dead_letters
                """
        )
        #expect(
            rows == [
                [
                    "meter.raw", "7", "k-1", "LINES", "2 lines \"bad\"", "normalizer", "true", "2", "3",
                    "x\n\u{FFFD}\"y\\", "400",
                ]
            ]
        )
    }

    @Test func theRegistryDoesNotDependOnTheOrderOfTheJournal() async throws {
        func journal(_ body: JournalEvent.Body, _ raw: RawReference) -> [UInt8] {
            var bytes: [UInt8] = []
            JournalEvent(raw: raw, body: body).append(to: &bytes)
            return bytes
        }
        func read(
            _ value: Int64,
            _ quality: Quality,
            at received: Int64,
            payload: UInt64,
            rate: String = ""
        ) -> [UInt8] {
            var reads = RegisterReads(
                meter: "M-1",
                channel: "1-0:1.8.0",
                unit: .kilowattHour,
                at: [Samples.day],
                billionths: [value],
                qualities: [quality.rawValue]
            )
            reads.touCode = rate
            return journal(.registerReads(reads), Samples.raw(receivedAt: received, payload: payload))
        }
        let records = [
            journal(
                .meterUpserted(MeterRegistration(meter: "M-1", zone: "UTC", feeder: "F-2")),
                Samples.raw(receivedAt: Samples.received + 1)
            ),
            journal(
                .meterUpserted(MeterRegistration(meter: "M-1", zone: "UTC", feeder: "F-1")),
                Samples.raw(receivedAt: Samples.received)
            ),
            journal(
                .tick(Tick(rawPartition: 0, rawPartitionCount: 1, timeMilliseconds: Samples.received)),
                Samples.raw()
            ),
            read(1, .raw, at: Samples.received, payload: 1),
            // Larger than any signed number: ids are compared as unsigned.
            read(2, .raw, at: Samples.received, payload: UInt64.max),
            read(3, .estimatedLinear, at: Samples.received + 9, payload: 1),
            read(4, .missing, at: Samples.received + 99, payload: 1),
            // Rates are registers of their own, whatever the total reads at that instant.
            read(5, .raw, at: Samples.received, payload: 1, rate: "T1"),
            read(6, .raw, at: Samples.received + 1, payload: 1, rate: "T2"),
        ]
        for ordered in [records, records.reversed()] {
            let registers = try await project(
                RegistryModel.self,
                ordered,
                topic: "meter.journal",
                select: """
                    SELECT feeder, tou, value::text, quality_name, unit, derived::text
                    FROM meter_registry JOIN registers USING (meter_id) ORDER BY tou
                    """
            )
            #expect(
                registers == [
                    // What was read stands above an estimate, though it is raw and was received earlier.
                    ["F-2", "", "0.000000002", "raw", "kWh", "false"],
                    ["F-2", "T1", "0.000000005", "raw", "kWh", "false"],
                    ["F-2", "T2", "0.000000006", "raw", "kWh", "false"],
                ]
            )
        }
    }
}
