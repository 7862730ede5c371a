import MeterCore
package import MeterEvents
package import PostgresIO

/// The read model `readings`: values in force, every version, windows, derived register readings and channels, from `meter.validated`.
package struct ReadingsModel: ReadModel {
    package static let name = ProjectionName.readings

    let sql: ReadingsSQL
    package private(set) var fold = ReadingsFold()
    var days = TouchedDays()

    package init(schema: String) {
        sql = ReadingsSQL(schema: schema)
    }

    package var rowCount: Int { fold.rows.count + fold.windows.count + fold.registers.count + fold.fates.count }

    package mutating func clear() { fold.clear() }

    package mutating func prepare(_ connection: inout PostgresConnection) throws(PostgresError) {
        fold = ReadingsFold()
        days = TouchedDays()
        try connection.execute(sql.stagingTables)
        let rows = try connection.query(sql.selectChannels)
        for row in 0..<rows.count {
            let name = ChannelName(meter: try rows.text(row, 1), channel: try rows.text(row, 2))
            fold.channels.restore(name, key: try rows.int32(row, 0))
        }
    }

    package mutating func fold(
        _ bytes: [UInt8],
        _ range: Range<Int>,
        topic: String,
        position: LogPosition
    ) throws(EventError) {
        try fold.fold(try ValidatedIntervals(bytes, range), at: position)
    }

    package mutating func write(_ connection: inout PostgresConnection) throws(PostgresError) {
        var moved: [Int32] = []
        if !fold.changes.isEmpty {
            try copyChannels(&connection)
            moved = try movedChannels(&connection)
            try connection.execute(sql.upsertChannels)
        }
        if !fold.rows.isEmpty {
            try copyReadings(&connection)
            try connection.execute(sql.insertHistory)
            try connection.execute(sql.upsertReadings)
            if fold.hasWithdrawn { try connection.execute(sql.deleteWithdrawn) }
        }
        if !fold.windows.isEmpty {
            try copyWindows(&connection)
            try connection.execute(sql.upsertWindows)
        }
        if !fold.registers.isEmpty {
            try copyRegisters(&connection)
            try connection.execute(sql.insertRegisterHistory)
            try connection.execute(sql.upsertRegisters)
        }
        if !fold.fates.isEmpty {
            try copyFates(&connection)
            try connection.execute(sql.insertFates)
        }
        try settleDays(moved, &connection)
    }

    private func hasValue(_ row: ReadingRow) -> Bool {
        row.quality != Quality.missing.rawValue && row.quality != ValidatedIntervals.withdrawn
    }

    private func copyReadings(_ connection: inout PostgresConnection) throws(PostgresError) {
        let copied = try connection.copy(
            into: "stage_readings",
            columns: ReadingsSQL.readingColumns + ["is_newest"]
        ) { writer throws(PostgresError) in
            for row in fold.rows {
                let event = fold.events[Int(row.event)]
                let source = fold.sources[Int(row.source)]
                try writer.startRow()
                writer.timestamp(microseconds: row.intervalEndMicroseconds)
                writer.timestamp(microseconds: event.decidedAtMicroseconds)
                writer.timestamp(microseconds: source.receivedAtMicroseconds)
                writer.int64(hasValue(row) ? row.billionths : nil)
                writer.int64(source.offset)
                writer.int64(event.position.offset)
                writer.int32(row.channelKey)
                writer.int32(event.intervalSeconds)
                writer.int32(row.revision)
                writer.int32(source.partition)
                writer.int32(event.position.partition)
                writer.int16(Int16(row.quality))
                writer.int16(Int16(row.method))
                writer.int16(event.unit)
                writer.int16(source.lane)
                writer.text(event.ruleSet)
                writer.bytes(row.findings < 0 ? nil : fold.findings[Int(row.findings)])
                writer.bool(row.isNewest)
            }
        }
        try Staging.check(copied, of: fold.rows.count, "stage_readings")
    }

    private func copyWindows(_ connection: inout PostgresConnection) throws(PostgresError) {
        let copied = try connection.copy(
            into: "stage_windows",
            columns: ReadingsSQL.windowColumns
        ) { writer throws(PostgresError) in
            for row in fold.windows {
                try writer.startRow()
                writer.timestamp(microseconds: row.startMicroseconds)
                writer.timestamp(microseconds: row.endMicroseconds)
                writer.timestamp(microseconds: row.decidedAtMicroseconds)
                writer.int64(row.state.sumBillionths)
                writer.int64(row.position.offset)
                writer.int32(row.channelKey)
                writer.int32(row.position.partition)
                for count in [
                    row.state.expected, row.state.validated, row.state.estimated, row.state.failed, row.state.missing,
                    row.state.pending,
                ] {
                    writer.int32(Int32(clamping: count))
                }
                writer.int32(row.revision)
                writer.int16(row.unit)
                writer.bool(row.state.isClosed)
                writer.text(row.zone)
                writer.text(row.ruleSet)
                writer.int16(Int16(row.state.grade?.rawValue ?? 0))
                writer.bool(row.state.isBeyondHistory)
                writer.int64(row.state.failedSumBillionths)
            }
        }
        try Staging.check(copied, of: fold.windows.count, "stage_windows")
    }

    private func copyRegisters(_ connection: inout PostgresConnection) throws(PostgresError) {
        let copied = try connection.copy(
            into: "stage_derived_registers",
            columns: ReadingsSQL.registerColumns + ["is_newest"]
        ) { writer throws(PostgresError) in
            for row in fold.registers {
                let reading = row.reading
                try writer.startRow()
                writer.timestamp(microseconds: row.readAtMicroseconds)
                writer.timestamp(microseconds: row.decidedAtMicroseconds)
                writer.int64(reading.quality == .missing ? nil : reading.billionths)
                writer.timestamp(microseconds: row.baseReadAtMicroseconds)
                writer.int64(reading.baseBillionths)
                writer.int64(reading.baseRaw.offset)
                writer.int64(row.position.offset)
                writer.int32(row.channelKey)
                writer.int32(row.position.partition)
                writer.int32(reading.baseRaw.partition)
                writer.int32(Int32(clamping: reading.intervals))
                writer.int32(Int32(clamping: reading.estimated))
                writer.int32(row.revision)
                writer.int16(Int16(reading.quality.rawValue))
                writer.int16(row.unit)
                writer.int16(Int16(reading.baseRaw.lane.rawValue))
                writer.text(row.ruleSet)
                writer.bool(row.isNewest)
            }
        }
        try Staging.check(copied, of: fold.registers.count, "stage_derived_registers")
    }

    private func copyChannels(_ connection: inout PostgresConnection) throws(PostgresError) {
        let copied = try connection.copy(
            into: "stage_channels",
            columns: ReadingsSQL.channelColumns
        ) { writer throws(PostgresError) in
            for change in fold.changes {
                try writer.startRow()
                writer.int32(change.channelKey)
                writer.text(change.name.meter)
                writer.text(change.name.channel)
                writer.int16(change.unit)
                writer.text(change.zone)
                writer.int32(change.intervalSeconds)
                writer.timestamp(microseconds: change.firstIntervalEndMicroseconds)
                writer.timestamp(microseconds: change.lastIntervalEndMicroseconds)
                writer.timestamp(microseconds: change.lastReceivedAtMicroseconds)
                writer.int32(change.position.partition)
                writer.int64(change.position.offset)
                writer.int32(change.longestIntervalSeconds)
            }
        }
        try Staging.check(copied, of: fold.changes.count, "stage_channels")
    }
}
