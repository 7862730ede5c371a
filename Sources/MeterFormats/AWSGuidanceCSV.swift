public import MeterCore

/// The inbound CSV of the AWS guidance for meter data analytics: one line of a meter with six measures.
///
/// `time` is the instant of the reading (`arrival_time` is the batch's). Units as the samples have them: `vltg` in kilovolts, `load`
/// in kilowatt-hours of the interval, both changeable by parameter. An empty measure is not reported.
public enum AWSGuidanceCSV: PayloadDecoder {
    public static let format = FormatDescription(
        name: "aws-guidance-csv",
        lane: .interval,
        mediaType: "text/csv; profile=aws-guidance",
        summary: "AWS guidance CSV: time, arrival_time, device_id, measure_name and six measures"
    )

    fileprivate struct Measure {
        let name: StaticString
        /// Another name of the column.
        let alias: StaticString
        let channel: String
        let unit: String
    }

    /// In the order of the columns. The guidance's documentation says `vkva` where its code writes `kva`.
    fileprivate static let measures = [
        Measure(name: "load", alias: "load", channel: "1-0:1.8.0", unit: "kWh"),
        Measure(name: "crrnt", alias: "current", channel: "1-0:11.7.0", unit: "A"),
        Measure(name: "pf", alias: "pf", channel: "1-0:13.7.0", unit: "pf"),
        Measure(name: "kva", alias: "vkva", channel: "1-0:9.7.0", unit: "kVA"),
        Measure(name: "kw", alias: "kw", channel: "1-0:1.7.0", unit: "kW"),
        Measure(name: "vltg", alias: "voltage", channel: "1-0:12.7.0", unit: "kV"),
    ]

    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        let timing = try timing(mediaType, zones)
        var decoder = AWSGuidanceDecoder(table: RowTable(columns: try columns(mediaType)))
        var lines = LineReader(bytes)
        _ = try decoder.read(bytes, &lines, into: &batch)
        try decoder.table.emit(timing, into: &batch)
        try batch.refuseIfAllRejected()
    }

    static func survey(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog
    ) throws(DecodeError) -> TableSurvey {
        var decoder = AWSGuidanceDecoder(table: RowTable(columns: try columns(mediaType)))
        var lines = LineReader(bytes)
        var unused = ReadingBatch()
        let headerEnd = try decoder.read(bytes, &lines, into: &unused)
        return try TableSurvey(bytes, decoder.table, try timing(mediaType, zones), headerEnd: headerEnd)
    }

    private static func timing(_ mediaType: MediaType, _ zones: ZoneCatalog) throws(DecodeError) -> RowTiming {
        let zone = mediaType["zone"] ?? "UTC"
        guard let rules = zones[zone] else { throw DecodeError(.unknownZone, "no time zone \"\(zone)\"") }
        return RowTiming(
            rules: rules,
            zone: zone,
            zoneOrigin: mediaType["zone"] == nil ? .unstated : .stated,
            intervalSeconds: try intervalSeconds(mediaType),
            defaultIntervalSeconds: 900,
            stampIsStart: false
        )
    }

    private static func intervalSeconds(_ mediaType: MediaType) throws(DecodeError) -> Int32 {
        let text = Array((mediaType["interval"] ?? "900").utf8)
        guard let seconds = TimeField.durationSeconds(text.span, 0..<text.count),
            TimeField.intervalRange.contains(seconds)
        else { throw MappedLayout.fault("interval", "is not a length of 1 s to 31 days") }
        return Int32(seconds)
    }

    private static func columns(_ mediaType: MediaType) throws(DecodeError) -> [RowTable.Column] {
        var columns: [RowTable.Column] = []
        for measure in measures {
            let spelling = mediaType["\(measure.name)-unit"] ?? measure.unit
            guard let unit = MeasurementUnit.spelled(spelling) else {
                throw DecodeError(.unknownUnit, "no unit \"\(spelling)\"")
            }
            columns.append(
                RowTable.Column(
                    meter: nil,
                    channel: measure.channel,
                    unit: unit.unit,
                    powerOfTen: unit.powerOfTen,
                    name: "\(measure.name)"
                )
            )
        }
        return columns
    }
}

private struct AWSGuidanceDecoder: ~Copyable {
    private(set) var table: RowTable
    private var fields = CSVFields()
    /// Where the columns stand: the guidance's own order until a header says otherwise.
    private var time = 0
    private var device = 2
    private var measures = [4, 5, 6, 7, 8, 9]
    private var least = 10

    init(table: consuming RowTable) {
        self.table = table
    }

    /// Reads all lines; gives the length of the header line, 0 where there is none.
    mutating func read(
        _ bytes: Span<UInt8>,
        _ lines: inout LineReader,
        into batch: inout ReadingBatch
    ) throws(DecodeError) -> Int {
        var headerEnd = 0
        var isFirst = true
        while let line = lines.next(bytes) {
            if TextField.trimmed(bytes, line).isEmpty { continue }
            if isFirst {
                isFirst = false
                if try readHeader(bytes, line) {
                    headerEnd = lines.offset
                    continue
                }
            }
            do throws(DecodeError) {
                try row(bytes, line, number: lines.line, into: &batch)
            } catch {
                batch.reject(error, line: lines.line)
            }
        }
        guard !isFirst else { throw DecodeError(.empty, "the payload is empty") }
        return headerEnd
    }

    /// Whether the line names the columns; if so their places are taken from it.
    private mutating func readHeader(_ bytes: Span<UInt8>, _ line: Range<Int>) throws(DecodeError) -> Bool {
        guard fields.split(bytes, line, delimiter: UInt8(ascii: ",")),
            let time = position(bytes, of: "time"), let device = position(bytes, of: "device_id")
        else { return false }
        (self.time, self.device) = (time, device)
        measures.removeAll()
        for measure in AWSGuidanceCSV.measures {
            guard let index = position(bytes, of: measure.name) ?? position(bytes, of: measure.alias) else {
                throw DecodeError(.missingField, "the header has no column \"\(measure.name)\"", line: 1)
            }
            measures.append(index)
        }
        least = max(time, device, measures.max() ?? 0) + 1
        return true
    }

    private func position(_ bytes: Span<UInt8>, of name: StaticString) -> Int? {
        for (index, range) in fields.ranges.enumerated()
        where TextField.equals(bytes, TextField.trimmed(bytes, range), ignoringCase: name) {
            return index
        }
        return nil
    }

    /// Takes in a line. A measure that is no number is told and left out alone.
    private mutating func row(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        number: Int,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        guard fields.split(bytes, line, delimiter: UInt8(ascii: ",")) else {
            throw DecodeError(.malformedSyntax, "an unclosed quote", byteOffset: line.lowerBound)
        }
        guard fields.count >= least else {
            throw DecodeError(
                .malformedSyntax,
                "\(fields.count) fields where at least \(least) are needed",
                byteOffset: line.lowerBound
            )
        }
        let range = TextField.trimmed(bytes, fields[device])
        guard let meter = TextField.identifier(bytes, range) else {
            throw DecodeError(.malformedSyntax, "no device_id", byteOffset: range.lowerBound)
        }
        let timeRange = TextField.trimmed(bytes, fields[time])
        guard let stamp = TimestampText(bytes, timeRange) else {
            throw DecodeError(.invalidTimestamp, "time is not yyyy-MM-dd HH:mm:ss", byteOffset: timeRange.lowerBound)
        }
        readCells(bytes, number: number, into: &batch)
        table.appendRow(
            slot: table.slot(of: RowTable.Key(meter: meter, channel: nil)),
            stamp: RowStamp(stamp),
            line: number,
            byteOffset: timeRange.lowerBound
        )
    }

    private mutating func readCells(_ bytes: Span<UInt8>, number: Int, into batch: inout ReadingBatch) {
        for (position, column) in measures.enumerated() {
            let range = TextField.trimmed(bytes, fields[column])
            guard !range.isEmpty else {
                table.cells.appendAbsent()
                continue
            }
            let description = table.columns[position]
            guard let value = Quantity(bytes, range, powerOfTen: description.powerOfTen) else {
                let error = DecodeError(
                    .invalidNumber,
                    "\(description.name) is no number or too large",
                    byteOffset: range.lowerBound
                )
                batch.reject(error, line: number)
                table.cells.appendAbsent()
                continue
            }
            table.cells.append(value: value.billionths)
        }
    }
}
