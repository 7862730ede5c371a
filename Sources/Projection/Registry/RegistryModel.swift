import MeterCore
package import MeterEvents
package import PostgresIO

/// The read model `registry`: registrations of meters and cumulative register readings, from `meter.journal`.
///
/// What holds does not depend on the order of the journal: of registrations the later receive time, then the larger
/// payload id; of readings the last actual and the last substitute of each source are kept (`Read.replaces`), and the
/// view takes one of them.
package struct RegistryModel: ReadModel {
    package static let name = ProjectionName.registry

    package struct ReadKey: Hashable, Sendable {
        var meter: String
        var channel: String
        /// Time-of-use rate; empty for the total.
        var tou: String
        var at: Instant
        /// Who sent it; empty when nothing says so.
        var source: String
        /// It was only told again as the reading before another one.
        var isRestated: Bool
        /// An actual, not a substitute.
        var isMeasured: Bool
    }

    package struct Read: Equatable, Sendable {
        var key: ReadKey
        var unit: MeasurementUnit
        var quality: UInt8
        var billionths: Int64
        /// The source's own version, 0 when it has none.
        var version: Int64
        /// A final substitute: no later actual of the same source replaces it.
        var isFinal: Bool
        var raw: RawReference

        /// Whether it is a later word than another one of its kind and source about the same instant: the later
        /// version; within a version the higher quality, then the later receive time, then the greater payload id.
        /// This is a total order. With the rule that no actual replaces a final substitute it would be none; so that
        /// is the view's.
        func replaces(_ old: Read) -> Bool {
            if version != old.version { return version > old.version }
            if rank != old.rank { return rank > old.rank }
            if raw.supersedes(old.raw) { return true }
            return !old.raw.supersedes(raw) && billionths > old.billionths
        }

        /// An actual reading counts the same whether it was checked before it came or not.
        private var rank: UInt8 { quality == Quality.raw.rawValue ? Quality.validated.rawValue : quality }
    }

    package struct Registration: Equatable, Sendable {
        var meter: MeterRegistration
        var raw: RawReference
    }

    private let sql: RegistrySQL
    package private(set) var registrations = NewestRows<String, Registration>()
    package private(set) var reads = NewestRows<ReadKey, Read>()

    package init(schema: String) {
        sql = RegistrySQL(schema: schema)
    }

    package var rowCount: Int { registrations.count + reads.count }

    package mutating func clear() {
        registrations.clear()
        reads.clear()
    }

    package mutating func prepare(_ connection: inout PostgresConnection) throws(PostgresError) {
        clear()
        try connection.execute(sql.stagingTables)
    }

    package mutating func fold(
        _ bytes: [UInt8],
        _ range: Range<Int>,
        topic: String,
        position: LogPosition
    ) throws(EventError) {
        let event = try JournalEvent(bytes, range)
        switch event.body {
        case .meterUpserted(let meter): try keep(meter, event.raw)
        case .registerReads(let reads): try keep(reads, event.raw)
        case .intervalBlock, .deviceEvents, .manualEdit, .forceEstimate, .ruleSetActivated, .tick, .weather, .unknown:
            break
        }
    }

    private mutating func keep(_ meter: MeterRegistration, _ raw: RawReference) throws(EventError) {
        _ = try StoredForm.microseconds(milliseconds: raw.receivedAtMilliseconds)
        let clean = MeterRegistration(
            meter: StoredForm.text(meter.meter),
            zone: StoredForm.text(meter.zone),
            group: StoredForm.text(meter.group),
            transformer: StoredForm.text(meter.transformer),
            feeder: StoredForm.text(meter.feeder)
        )
        registrations.keep(Registration(meter: clean, raw: raw), key: clean.meter) { raw.supersedes($0.raw) }
    }

    private static let measured: Set<UInt8> = Set(
        [Quality.raw, .questionable, .verified, .validated, .edited, .revenue].map(\.rawValue)
    )

    /// The flag of a final substitute in a source status (`NEMQuality.Flag`).
    private static let finalFlag: UInt16 = 3

    private mutating func keep(_ event: RegisterReads, _ raw: RawReference) throws(EventError) {
        _ = try StoredForm.microseconds(milliseconds: raw.receivedAtMilliseconds)
        for at in event.at { _ = try StoredForm.microseconds(at) }
        let meter = StoredForm.text(event.meter)
        let channel = StoredForm.text(event.channel)
        let tou = StoredForm.text(event.touCode)
        let source = StoredForm.text(event.source)
        for index in event.at.indices {
            let at = event.at[index]
            let read = Read(
                key: ReadKey(
                    meter: meter,
                    channel: channel,
                    tou: tou,
                    at: at,
                    source: source,
                    isRestated: event.advance.map { $0.from == at && $0.to > at } ?? false,
                    isMeasured: Self.measured.contains(event.qualities[index])
                ),
                unit: event.unit,
                quality: event.qualities[index],
                billionths: event.billionths[index],
                version: event.sourceVersion,
                isFinal: index < event.sourceStatus.count && event.sourceStatus[index] / 10_000 == Self.finalFlag,
                raw: raw
            )
            reads.keep(read, key: read.key) { read.replaces($0) }
        }
    }

    package mutating func write(_ connection: inout PostgresConnection) throws(PostgresError) {
        if registrations.count > 0 {
            try copyRegistrations(&connection)
            try connection.execute(sql.upsertRegistrations)
        }
        if reads.count > 0 {
            try copyReads(&connection)
            try connection.execute(sql.upsertRegisters)
        }
    }

    private func copyRegistrations(_ connection: inout PostgresConnection) throws(PostgresError) {
        let copied = try connection.copy(
            into: "stage_registrations",
            columns: RegistrySQL.registrationColumns
        ) { writer throws(PostgresError) in
            for row in registrations.rows {
                try writer.startRow()
                writer.timestamp(microseconds: row.raw.receivedAtMilliseconds * 1000)
                writer.uuid(high: row.raw.payloadHigh, low: row.raw.payloadLow)
                writer.int64(row.raw.offset)
                writer.int32(row.raw.partition)
                writer.int16(Int16(row.raw.lane.rawValue))
                for text in [
                    row.meter.meter, row.meter.zone, row.meter.group, row.meter.transformer, row.meter.feeder,
                ] {
                    writer.text(text)
                }
            }
        }
        try Staging.check(copied, of: registrations.count, "stage_registrations")
    }

    private func copyReads(_ connection: inout PostgresConnection) throws(PostgresError) {
        let copied = try connection.copy(
            into: "stage_registers",
            columns: RegistrySQL.registerColumns
        ) { writer throws(PostgresError) in
            for row in reads.rows {
                try writer.startRow()
                writer.timestamp(microseconds: row.key.at.secondsSinceEpoch * 1_000_000)
                writer.timestamp(microseconds: row.raw.receivedAtMilliseconds * 1000)
                writer.uuid(high: row.raw.payloadHigh, low: row.raw.payloadLow)
                writer.int64(row.billionths)
                writer.int64(row.raw.offset)
                writer.int32(row.raw.partition)
                writer.int16(Int16(row.quality))
                writer.int16(Int16(row.unit.rawValue))
                writer.int16(Int16(row.raw.lane.rawValue))
                writer.text(row.key.meter)
                writer.text(row.key.channel)
                writer.text(row.key.tou)
                writer.text(row.key.source)
                writer.int64(row.version)
                writer.bool(row.isFinal)
                writer.bool(row.key.isRestated)
                writer.bool(row.key.isMeasured)
            }
        }
        try Staging.check(copied, of: reads.count, "stage_registers")
    }
}
