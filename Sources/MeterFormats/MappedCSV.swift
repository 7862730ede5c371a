public import MeterCore

/// Interval readings in delimited text of any layout; the media type's parameters say which column is what.
///
/// Times without an offset are wall-clock times of the zone; see `StampResolver` for what becomes of hours that came twice or not at all.
/// Neither the order of the lines nor repeated lines change what is read.
public enum MappedCSV: PayloadDecoder {
    public static let format = FormatDescription(
        name: "mapped-csv",
        lane: .interval,
        mediaType: "text/csv; profile=mapped",
        summary: "CSV of interval readings; parameters name columns, unit, interval, zone"
    )

    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        let layout = try MappedLayout(mediaType)
        let timing = try timing(layout, zones)
        var lines = LineReader(bytes)
        let columns = try MappedColumns(bytes, layout, &lines)
        let decimal = try columns.decimalMark(bytes, layout, lines)
        var rows = MappedRows(layout: layout, columns: columns, decimal: decimal)
        while let line = lines.next(bytes) {
            if TextField.trimmed(bytes, line).isEmpty { continue }
            do throws(DecodeError) {
                try rows.row(bytes, line, number: lines.line, into: &batch)
            } catch {
                batch.reject(error, line: lines.line)
            }
        }
        let collisions = CollisionColumn(columns: columns, offsets: rows.table.offsets, delimiter: layout.delimiter)
        try rows.table.emit(timing, into: &batch) { collisions.name(of: $0, bytes) }
        try batch.refuseIfAllRejected()
    }

    static func timing(_ layout: MappedLayout, _ zones: ZoneCatalog) throws(DecodeError) -> RowTiming {
        guard let rules = zones[layout.zone] else {
            throw DecodeError(.unknownZone, "no time zone \"\(layout.zone)\"")
        }
        return RowTiming(
            rules: rules,
            zone: layout.zone,
            zoneOrigin: layout.zoneOrigin,
            intervalSeconds: layout.intervalSeconds,
            defaultIntervalSeconds: 3600,
            stampIsStart: layout.stampIsStart,
            isPowerToEnergy: layout.isPowerToEnergy
        )
    }
}
