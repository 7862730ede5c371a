import MeterCore

/// What a table's rows have in common beside their columns.
struct RowTiming {
    var rules: ZoneRules
    var zone: String
    var zoneOrigin: ZoneOrigin
    /// Nil: to be learned from the stamps.
    var intervalSeconds: Int32?
    /// Taken where the stamps show no interval either.
    var defaultIntervalSeconds: Int32
    var stampIsStart: Bool
    /// Whether values of power are mean values of their interval and wanted as energy.
    var isPowerToEnergy = false
}

extension RowTable {
    /// Writes everything to `batch`.
    ///
    /// - Parameter distinguishing: finds the column that tells two lines for one interval apart, where it is more than a correction.
    func emit(
        _ timing: RowTiming,
        into batch: inout ReadingBatch,
        distinguishing: (_ collisions: [[Int]]) -> String? = { _ in nil }
    ) throws(DecodeError) {
        let order = rowsBySlot()
        let interval = try intervalSeconds(timing, order.rows, order.starts)
        var resolver = StampResolver(
            rules: timing.rules,
            intervalSeconds: interval,
            stampIsStart: timing.stampIsStart
        )
        batch.reserve(values: batch.valueCount + cells.count)
        for slot in keys.indices {
            let rows = order.rows[order.starts[slot]..<order.starts[slot + 1]]
            if let distance = overlap(of: rows, interval) {
                for row in rows {
                    reject(.intervalOverlap, Self.overlapReason(distance, interval), row: row, in: &batch)
                }
                continue
            }
            let starts = resolver.starts(of: rows, stamps: stamps, cells: cells)
            var slotRows = SlotRows(rows: rows, starts: starts, intervalSeconds: interval)
            for (row, start) in slotRows.withoutInstant { rejectTime(start, timing, row: row, in: &batch) }
            tellRepetitions(&slotRows, slot: slot, distinguishing, in: &batch)
            try appendSeries(slotRows, slot: slot, interval, timing, to: &batch)
        }
        batch.sortRejects()
    }

    // MARK: Interval

    /// The interval length: stated, learned from the stamps, or the format's own. Refused when no meter's stamps allow it.
    func intervalSeconds(_ timing: RowTiming, _ rows: [Int], _ starts: [Int]) throws(DecodeError) -> Int32 {
        let interval = timing.intervalSeconds ?? learnedInterval(rows, starts) ?? timing.defaultIntervalSeconds
        var first: (distance: Int64, row: Int)?
        for slot in keys.indices {
            let own = rows[starts[slot]..<starts[slot + 1]]
            guard let row = own.first else { continue }
            guard let distance = overlap(of: own, interval) else { return interval }
            if first == nil { first = (distance, row) }
        }
        if let first {
            throw DecodeError(
                .intervalOverlap,
                Self.overlapReason(first.distance, interval),
                line: lines[first.row],
                byteOffset: offsets[first.row]
            )
        }
        return interval
    }

    private func learnedInterval(_ rows: [Int], _ starts: [Int]) -> Int32? {
        var spacing = IntervalSpacing()
        for slot in keys.indices { spacing.add(seconds(of: rows[starts[slot]..<starts[slot + 1]])) }
        return spacing.learned
    }

    private func overlap(of rows: ArraySlice<Int>, _ interval: Int32) -> Int64? {
        IntervalSpacing.overlap(seconds(of: rows), intervalSeconds: interval)
    }

    private func seconds(of rows: ArraySlice<Int>) -> [Int64] {
        rows.map { stamps[$0].second }
    }

    private static func overlapReason(_ distance: Int64, _ interval: Int32) -> String {
        let likely = distance % 60 == 0 ? "\(distance / 60)m" : "\(distance)"
        return "stamps are \(IntervalSpacing.name(distance)) apart where the interval is "
            + "\(IntervalSpacing.name(Int64(interval))), so intervals would overlap: --interval \(likely) "
            + "(parameter interval=\(distance)), and stretches with different intervals sent apart"
    }

    // MARK: Lines that are told

    private func rejectTime(_ start: RowStart, _ timing: RowTiming, row: Int, in batch: inout ReadingBatch) {
        let instant = Instant(secondsSinceEpoch: stamps[row].second)
        let label = String("\(instant)".dropLast().map { $0 == "T" ? " " : $0 })
        if start == .skipped {
            reject(.skippedLocalTime, "the clock of \(timing.zone) never showed \(label)", row: row, in: &batch)
        } else {
            let reason =
                "the clock of \(timing.zone) showed an hour twice, and nothing beside this line says which of the two "
                + "\(label) means: write the offset from UTC"
            reject(.ambiguousLocalTime, reason, row: row, in: &batch)
        }
    }

    /// Tells the lines that others repeat or replace, and takes out those that belong to channels not told apart.
    private func tellRepetitions(
        _ slotRows: inout SlotRows,
        slot: Int,
        _ distinguishing: (_ collisions: [[Int]]) -> String?,
        in batch: inout ReadingBatch
    ) {
        guard slotRows.hasRepetitions else { return }
        let collisions = slotRows.repetitions.filter { group in
            let rows = slotRows.rows[group]
            return rows.indices.dropLast().contains { cells.contradict(rows[$0], rows[$0 + 1]) }
        }
        if collisions.count > 1, collisions.count * 2 >= slotRows.slotCount,
            let column = distinguishing(collisions.map { Array(slotRows.rows[$0]) })
        {
            for group in collisions {
                for row in slotRows.rows[group] {
                    let reason =
                        "several values for one interval of \"\(keys[slot].meter)\", and the column \"\(column)\" differs: "
                        + "state it as the channel's column (channel-column=\"\(column)\")"
                    reject(.ambiguousChannel, reason, row: row, in: &batch)
                }
            }
            slotRows.remove(collisions)
        }
        for group in slotRows.repetitions { tell(slotRows.rows[group], in: &batch) }
    }

    /// Lines for one interval, in file order.
    private func tell(_ rows: ArraySlice<Int>, in batch: inout ReadingBatch) {
        for index in rows.indices.dropLast() {
            let row = rows[index]
            if let same = rows[(index + 1)...].first(where: { cells.areEqual($0, row) }) {
                reject(.duplicateLine, "the same as line \(lines[row])", row: same, in: &batch)
            } else if let later = rows[(index + 1)...].last(where: { cells.contradict($0, row) }) {
                let reason =
                    "line \(lines[later]) has another value for the interval of line \(lines[row]): the later line holds"
                reject(.slotTwice, reason, row: row, in: &batch)
            }
        }
    }

    // MARK: Series

    private func appendSeries(
        _ slotRows: SlotRows,
        slot: Int,
        _ interval: Int32,
        _ timing: RowTiming,
        to batch: inout ReadingBatch
    ) throws(DecodeError) {
        for (column, description) in columns.enumerated() {
            let first = batch.valueCount
            let unit = timing.isPowerToEnergy ? description.unit.gathered ?? description.unit : description.unit
            for group in slotRows.slots {
                guard let index = cells.holder(of: column, among: slotRows.rows[group]),
                    let cell = cells.cell(row: slotRows.rows[index], column: column)
                else { continue }
                var value = cell.value
                if timing.isPowerToEnergy {
                    guard let energy = Self.energy(value, over: interval) else {
                        let row = slotRows.rows[index]
                        reject(.invalidNumber, "the value is too large for an energy", row: row, in: &batch)
                        continue
                    }
                    value = energy
                }
                batch.append(
                    endSecond: slotRows.starts[index] + Int64(interval),
                    billionths: value,
                    quality: Quality(rawValue: cell.quality) ?? .raw
                )
            }
            guard batch.valueCount > first else { continue }
            batch.series.append(
                ReadingBatch.Series(
                    meter: description.meter ?? keys[slot].meter,
                    channel: keys[slot].channel ?? description.channel,
                    unit: unit,
                    zone: timing.zone,
                    zoneOrigin: timing.zoneOrigin,
                    intervalSeconds: interval,
                    serial: "",
                    configuration: "",
                    values: first..<batch.valueCount
                )
            )
        }
    }

    /// A mean power over an interval as energy: times its length in hours, to the nearest billionth (ties to even).
    static func energy(_ power: Int64, over seconds: Int32) -> Int64? {
        let (product, isTooLarge) = power.multipliedReportingOverflow(by: Int64(seconds))
        guard !isTooLarge else { return nil }
        let (quotient, rest) = product.quotientAndRemainder(dividingBy: 3600)
        let twice = abs(rest) * 2
        let isUp = twice > 3600 || (twice == 3600 && quotient % 2 != 0)
        return isUp ? quotient + product.signum() : quotient
    }
}

extension MeasurementUnit {
    /// The unit of what a power gathers over time; nil for all others.
    var gathered: MeasurementUnit? {
        switch self {
        case .kilowatt: .kilowattHour
        case .kilovar: .kilovarHour
        case .kilovoltAmpere: .kilovoltAmpereHour
        default: nil
        }
    }
}
