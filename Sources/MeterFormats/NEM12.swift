public import MeterCore

/// AEMO's Meter Data File Format: NEM12 interval data, and NEM13 accumulated data as register reads.
///
/// All times are the market's national time, UTC+10 without daylight saving. The file is refused whole when a record is malformed,
/// misplaced or unknown, when a 300 record has another number of values than its interval length demands, or when the 400 records of a day do
/// not cover it exactly, or when the closing 900 record is not there; only a channel without a known unit is left out alone.
public enum NEM12: PayloadDecoder {
    public static let format = FormatDescription(
        name: "nem12",
        lane: .interval,
        mediaType: "application/vnd.aemo.mdff",
        aliases: ["text/csv; profile=nem12", "text/csv; profile=nem13"],
        summary: "AEMO NEM12 interval data and NEM13 accumulated data"
    )

    /// National time, east of UTC.
    static let nationalOffsetSeconds: Int64 = 36_000
    /// The zone of the days in the file.
    static let zone = "+10:00"

    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        var decoder = NEM12Decoder()
        var lines = LineReader(bytes)
        while let line = lines.next(bytes) {
            if TextField.trimmed(bytes, line).isEmpty { continue }
            try decoder.record(bytes, line, number: lines.line, into: &batch)
        }
        try decoder.finish()
        batch.settleRepeatedSlots(decoder.origins)
        try batch.refuseIfAllRejected()
    }
}

private struct NEM12Decoder: ~Copyable {
    private enum Version {
        case unknown
        case nem12
        case nem13
    }

    /// The 200 record in force.
    private struct Channel {
        var series: ReadingBatch.Series
        var powerOfTen: Int
        /// False when the unit is not known: the records are checked, the values left out.
        var isKept: Bool
    }

    /// A day whose 400 records are still coming.
    private struct OpenDay {
        /// Index of the day's first value in the batch.
        let first: Int
        let count: Int
        /// Intervals covered so far.
        var covered = 0
    }

    private var fields = NEMFields()
    private var version = Version.unknown
    private var channel: Channel?
    private var openDay: OpenDay?
    private(set) var origins = ValueOrigins()
    private var records = 0
    /// Whether records came after the last 900 record.
    private var isOpen = false

    mutating func record(
        _ bytes: Span<UInt8>,
        _ line: Range<Int>,
        number: Int,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        try fields.read(bytes, line, line: number)
        records += 1
        isOpen = true
        let indicator = fields.indicator(bytes)
        if indicator != 400 { try closeDay() }
        switch indicator {
        case 100: try header(bytes, into: &batch)
        case 200: try channel(bytes, into: &batch)
        case 300: try day(bytes, into: &batch)
        case 400: try events(bytes, into: &batch)
        case 250: try accumulation(bytes, into: &batch)
        case 500:
            guard version != .nem13 else { throw fields.fault(.misplacedRecord, "a 500 record in NEM13") }
        case 550:
            guard version != .nem12 else { throw fields.fault(.misplacedRecord, "a 550 record in NEM12") }
        case 900:
            closeChannel(into: &batch)
            version = .unknown
            isOpen = false
        default: throw fields.fault(.unknownRecord, "a record that is none of 100, 200, 250, 300, 400, 500, 550, 900")
        }
    }

    mutating func finish() throws(DecodeError) {
        guard records > 0 else { throw DecodeError(.empty, "the payload is empty") }
        try closeDay()
        guard !isOpen else { throw fields.fault(.truncated, "the file ends without its 900 record") }
    }

    // MARK: 100, 200

    private mutating func header(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        closeChannel(into: &batch)
        let name = fields.range(bytes, 1)
        if TextField.equals(bytes, name, ignoringCase: "NEM12") {
            version = .nem12
        } else if TextField.equals(bytes, name, ignoringCase: "NEM13") {
            version = .nem13
        } else {
            throw fields.fault(.unsupportedFormat, "the header names neither NEM12 nor NEM13")
        }
    }

    private mutating func channel(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        guard version != .nem13 else { throw fields.fault(.misplacedRecord, "a 200 record in NEM13") }
        closeChannel(into: &batch)
        version = .nem12
        let minutes = DecimalText.unsigned(bytes, fields.range(bytes, 8)) ?? 0
        guard (1...60).contains(minutes), 1440 % minutes == 0 else {
            throw fields.fault(.invalidInterval, "the interval length is not a part of a day of 1 to 60 minutes")
        }
        let spelling = try fields.optionalText(bytes, 7, "UOM")
        let unit = MeasurementUnit.spelled(spelling)
        if unit == nil {
            let reason = spelling.isEmpty ? "no unit of measure" : "no unit \"\(spelling)\""
            batch.reject(fields.fault(.unknownUnit, "\(reason): the channel is left out"), line: fields.line)
        }
        channel = Channel(
            series: ReadingBatch.Series(
                meter: try fields.identifier(bytes, 1, "NMI"),
                channel: try fields.identifier(bytes, 4, "NMISuffix"),
                unit: unit?.unit ?? .kilowattHour,
                zone: NEM12.zone,
                zoneOrigin: .formatDefault,
                intervalSeconds: Int32(minutes * 60),
                serial: try fields.optionalText(bytes, 6, "MeterSerialNumber"),
                configuration: try fields.optionalText(bytes, 2, "NMIConfiguration"),
                values: batch.valueCount..<batch.valueCount
            ),
            powerOfTen: unit?.powerOfTen ?? 0,
            isKept: unit != nil
        )
    }

    private mutating func closeChannel(into batch: inout ReadingBatch) {
        guard var series = channel?.series, let isKept = channel?.isKept else { return }
        channel = nil
        if isKept, batch.valueCount > series.values.lowerBound {
            series.values = series.values.lowerBound..<batch.valueCount
            batch.series.append(series)
        } else {
            batch.truncate(values: series.values.lowerBound)
        }
    }

    // MARK: 300, 400

    private mutating func day(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        guard let channel else { throw fields.fault(.misplacedRecord, "a 300 record without its 200 record") }
        let date = try fields.date(bytes, 1)
        let count = 86_400 / Int(channel.series.intervalSeconds)
        try checkCount(bytes, count, channel)
        let method = fields.range(bytes, 2 + count)
        let isVariable = method.count == 1 && bytes[method.lowerBound] & 0xdf == UInt8(ascii: "V")
        let quality: NEMQuality?
        if isVariable {
            quality = nil
        } else {
            quality = NEMQuality(bytes, method: method, reason: fields.range(bytes, 3 + count))
            guard quality != nil else { throw fields.fault(.invalidQuality, "no QualityMethod A, E, F, N, S or V") }
        }
        let version = try fields.time(bytes, 5 + count)?.secondsSinceEpoch ?? 0
        let first = batch.valueCount
        origins.begin(line: fields.line, first: first)
        var end = Instant(utc: date, secondOfDay: 0).secondsSinceEpoch - NEM12.nationalOffsetSeconds
        for index in 0..<count {
            end += Int64(channel.series.intervalSeconds)
            let value = try value(bytes, 2 + index, channel.powerOfTen)
            batch.append(
                endSecond: end,
                billionths: value ?? 0,
                quality: value == nil ? .missing : .raw,
                sourceVersion: version
            )
        }
        if let quality {
            for index in first..<first + count { batch.setSource(quality, at: index) }
        } else {
            openDay = OpenDay(first: first, count: count)
        }
    }

    /// A wrong number of values shows in the place of the quality: it is the first field that is not a number.
    private func checkCount(_ bytes: Span<UInt8>, _ count: Int, _ channel: Channel) throws(DecodeError) {
        var values = 0
        while values + 2 < fields.count {
            let range = fields.range(bytes, values + 2)
            if let first = range.first, bytes[first] | 0x20 >= 0x61 && bytes[first] | 0x20 <= 0x7a { break }
            values += 1
        }
        guard values == count else {
            let minutes = channel.series.intervalSeconds / 60
            throw fields.fault(.wrongValueCount, "\(values) values where \(minutes)-minute intervals make \(count)")
        }
    }

    /// Nil for an empty field.
    private func value(_ bytes: Span<UInt8>, _ index: Int, _ powerOfTen: Int) throws(DecodeError) -> Int64? {
        let range = fields.range(bytes, index)
        if range.isEmpty { return nil }
        guard let value = Quantity(bytes, range, powerOfTen: powerOfTen) else {
            throw fields.fault(.invalidNumber, "field \(index + 1) is no number or too large")
        }
        return value.billionths
    }

    private mutating func events(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        guard var day = openDay else {
            throw fields.fault(.misplacedRecord, "a 400 record without a 300 record of quality V")
        }
        guard let from = DecimalText.unsigned(bytes, fields.range(bytes, 1)),
            let to = DecimalText.unsigned(bytes, fields.range(bytes, 2))
        else { throw fields.fault(.invalidInterval, "the first or last interval is no number") }
        guard from == day.covered + 1, to >= from, to <= day.count else {
            throw fields.fault(
                .untiledDay,
                "intervals \(from) to \(to) where \(day.covered + 1) to at most \(day.count) are next"
            )
        }
        guard let quality = NEMQuality(bytes, method: fields.range(bytes, 3), reason: fields.range(bytes, 4)) else {
            throw fields.fault(.invalidQuality, "no QualityMethod A, E, F, N or S")
        }
        for index in day.first + from - 1..<day.first + to { batch.setSource(quality, at: index) }
        day.covered = to
        openDay = day
    }

    private mutating func closeDay() throws(DecodeError) {
        guard let day = openDay else { return }
        openDay = nil
        guard day.covered == day.count else {
            throw fields.fault(
                .untiledDay,
                "the 400 records before this line cover \(day.covered) of \(day.count) intervals"
            )
        }
    }

    // MARK: 250

    private mutating func accumulation(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        guard version != .nem12 else { throw fields.fault(.misplacedRecord, "a 250 record in NEM12") }
        version = .nem13
        let spelling = try fields.optionalText(bytes, 19, "UOM")
        guard let unit = MeasurementUnit.spelled(spelling) else {
            throw fields.fault(.unknownUnit, "no unit \"\(spelling)\"")
        }
        guard let quality = NEMQuality(bytes, method: fields.range(bytes, 15), reason: fields.range(bytes, 16)) else {
            throw fields.fault(.invalidQuality, "no current QualityMethod A, E, F, N or S")
        }
        let previous = NEMQuality(bytes, method: fields.range(bytes, 10), reason: fields.range(bytes, 11))
        guard previous != nil || fields.isEmpty(bytes, 10) else {
            throw fields.fault(.invalidQuality, "no previous QualityMethod A, E, F, N or S")
        }
        guard let from = try fields.time(bytes, 9), let to = try fields.time(bytes, 14), from < to else {
            throw fields.fault(.invalidTimestamp, "the two readings do not follow one another")
        }
        guard let quantity = try value(bytes, 18, unit.powerOfTen) else {
            throw fields.fault(.missingField, "no quantity")
        }
        batch.registers.append(
            RegisterRead(
                meter: try fields.identifier(bytes, 1, "NMI"),
                channel: try fields.identifier(bytes, 4, "NMISuffix"),
                unit: unit.unit,
                zone: NEM12.zone,
                zoneOrigin: .formatDefault,
                serial: try fields.optionalText(bytes, 6, "MeterSerialNumber"),
                from: from,
                to: to,
                previousIndex: try registerIndex(bytes, 8),
                currentIndex: try registerIndex(bytes, 13),
                quantity: Quantity(billionths: quantity),
                previousQuality: previous?.quality,
                previousSourceStatus: previous?.status ?? 0,
                quality: quality.quality,
                sourceStatus: quality.status,
                sourceVersion: try fields.time(bytes, 21)?.secondsSinceEpoch ?? 0
            )
        )
    }

    /// A register reading; nil for an empty field, and for one of more digits than a `Quantity` holds (twelve nines stand in the
    /// field of a register that is about to turn over). The consumption does not depend on it.
    private func registerIndex(_ bytes: Span<UInt8>, _ index: Int) throws(DecodeError) -> Quantity? {
        let range = fields.range(bytes, index)
        if range.isEmpty { return nil }
        if let reading = Quantity(bytes, range) { return reading }
        guard Quantity(bytes, range, powerOfTen: -9) != nil else {
            throw fields.fault(.invalidNumber, "field \(index + 1) is no number")
        }
        return nil
    }
}
