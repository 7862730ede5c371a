public import MeterCore

/// The documented JSON form of interval readings: an object, a list of objects, or `{"readings": [...]}`.
///
/// A payload that is not JSON is refused whole. A reading that makes no sense is refused alone when it stands in a list.
public enum JSONIntervals: PayloadDecoder {
    public static let format = FormatDescription(
        name: "json-intervals",
        lane: .interval,
        mediaType: "application/vnd.meterlog.intervals+json",
        aliases: ["application/json"],
        summary: "interval readings as JSON objects: meter, channel, start, interval, values"
    )

    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        var decoder = JSONIntervalsDecoder(zones: zones, defaultZone: mediaType["zone"])
        try decoder.decode(bytes, into: &batch)
    }
}

/// The fields of a reading as they have been met so far.
private struct IntervalFields {
    var meter = ""
    var channel = ""
    var unit = MeasurementUnit.kilowattHour
    var powerOfTen = 0
    var start: Start?
    var intervalSeconds: Int32 = 0
    var zone: String?
    /// Where the list of values starts, and the power of ten it was read with.
    var values: (position: Int, powerOfTen: Int)?
    var qualityPosition: Int?
    var flagsPosition: Int?
    var meterClock: Instant?
    var multiplierBillionths: Int64 = 0
    var frameCounter: UInt64 = 0

    enum Start {
        case instant(Instant)
        case local(CivilDate, secondOfDay: Int)
    }
}

private struct JSONIntervalsDecoder: ~Copyable {
    private var reader = JSONReader()
    private var members = MemberSet()
    private var zones: ZoneMemo
    private let defaultZone: String?
    private var origins = ValueOrigins()

    init(zones: ZoneCatalog, defaultZone: String?) {
        self.zones = ZoneMemo(zones)
        self.defaultZone = defaultZone
    }

    mutating func decode(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        switch reader.peek(bytes) {
        case UInt8(ascii: "["): try list(bytes, into: &batch)
        case UInt8(ascii: "{"): try document(bytes, into: &batch)
        case 0 where reader.cursor == bytes.count: throw reader.fault("the payload is empty", .empty)
        default: throw reader.fault("neither an object nor a list")
        }
        try reader.expectEnd(bytes)
        if batch.series.count > 1 { batch.settleRepeatedSlots(origins) }
        try batch.refuseIfAllRejected()
    }

    /// One reading, or an object whose member `readings` is the list.
    private mutating func document(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        let start = reader.cursor
        guard let position = try listPosition(bytes) else {
            reader.rewind(to: start)
            return try reading(bytes, into: &batch)
        }
        reader.rewind(to: position)
        try list(bytes, into: &batch)
        reader.rewind(to: start)
        try reader.skipValue(bytes, depth: 0)
    }

    /// Where the value of the first member `readings` starts, if the object's first reading field is not met before it.
    private mutating func listPosition(_ bytes: Span<UInt8>) throws(DecodeError) -> Int? {
        members.removeAll()
        try reader.expect(bytes, UInt8(ascii: "{"))
        if reader.take(bytes, UInt8(ascii: "}")) { return nil }
        var found: Int?
        repeat {
            let key = try reader.key(bytes)
            switch key.packed {
            case Name.meter, Name.values, Name.start, Name.interval:
                guard found == nil else {
                    throw reader.fault("a reading's fields beside \"readings\"", .duplicateField)
                }
                return nil
            case Name.readings:
                try members.insert(key, at: reader.cursor)
                guard reader.peek(bytes) == UInt8(ascii: "[") else { throw reader.fault("\"readings\" is not a list") }
                found = reader.cursor
            default: try members.insert(key, at: reader.cursor)
            }
            try reader.skipValue(bytes, depth: 1)
        } while try reader.more(bytes, close: UInt8(ascii: "}"))
        return found
    }

    private mutating func list(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        try reader.expect(bytes, UInt8(ascii: "["))
        guard !reader.take(bytes, UInt8(ascii: "]")) else { return }
        var element = 0
        repeat {
            element += 1
            reader.skipSpace(bytes)
            let start = reader.cursor
            let mark = batch.valueCount
            origins.begin(line: element, first: mark)
            do throws(DecodeError) {
                try reading(bytes, into: &batch)
            } catch {
                reader.rewind(to: start)
                try reader.skipValue(bytes, depth: 1)
                batch.truncate(values: mark)
                batch.reject(error, line: element)
            }
        } while try reader.more(bytes, close: UInt8(ascii: "]"))
    }

    // MARK: One reading

    private enum Name {
        static let meter = JSONReader.packed("meter")
        static let channel = JSONReader.packed("channel")
        static let unit = JSONReader.packed("unit")
        static let start = JSONReader.packed("start")
        static let interval = JSONReader.packed("interval")
        static let values = JSONReader.packed("values")
        static let quality = JSONReader.packed("quality")
        static let zone = JSONReader.packed("zone")
        static let readings = JSONReader.packed("readings")
        static let flags = JSONReader.packed("flags")
        static let meterClock = JSONReader.hash("meterClock")
        static let multiplier = JSONReader.hash("multiplier")
        static let frameCounter = JSONReader.hash("frameCounter")
    }

    private mutating func reading(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        var fields = IntervalFields()
        let mark = batch.valueCount
        members.removeAll()
        try reader.expect(bytes, UInt8(ascii: "{"))
        if !reader.take(bytes, UInt8(ascii: "}")) {
            repeat {
                try member(bytes, &fields, into: &batch)
            } while try reader.more(bytes, close: UInt8(ascii: "}"))
        }
        let end = reader.cursor
        try finish(bytes, fields, from: mark, into: &batch)
        reader.rewind(to: end)
    }

    private mutating func member(
        _ bytes: Span<UInt8>,
        _ fields: inout IntervalFields,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        let key = try reader.key(bytes)
        try members.insert(key, at: reader.cursor)
        switch key.packed {
        case Name.meter: fields.meter = try reader.identifier(bytes, "meter")
        case Name.channel: fields.channel = try reader.identifier(bytes, "channel")
        case Name.unit: (fields.unit, fields.powerOfTen) = try unit(bytes)
        case Name.start: fields.start = try start(bytes)
        case Name.interval: fields.intervalSeconds = try interval(bytes)
        case Name.zone: fields.zone = try reader.identifier(bytes, "zone")
        case Name.values:
            _ = reader.peek(bytes)
            fields.values = (reader.cursor, fields.powerOfTen)
            try values(bytes, powerOfTen: fields.powerOfTen, into: &batch)
        case Name.quality:
            _ = reader.peek(bytes)
            fields.qualityPosition = reader.cursor
            try reader.skipValue(bytes, depth: 1)
        case Name.flags:
            _ = reader.peek(bytes)
            fields.flagsPosition = reader.cursor
            try reader.skipValue(bytes, depth: 1)
        case 0: try longMember(key, bytes, &fields)
        default: try reader.skipValue(bytes, depth: 1)
        }
    }

    /// A member whose name has more than eight bytes.
    private mutating func longMember(
        _ key: JSONReader.Key,
        _ bytes: Span<UInt8>,
        _ fields: inout IntervalFields
    ) throws(DecodeError) {
        switch key.hash {
        case Name.meterClock:
            if try reader.takeNull(bytes) { return }
            guard case .instant(let clock) = try start(bytes) else {
                throw reader.fault("meterClock names no offset", .invalidTimestamp)
            }
            fields.meterClock = clock
        case Name.multiplier:
            guard let value = try reader.billionths(bytes, powerOfTen: 0), value > 0 else {
                throw reader.fault("multiplier is no number above zero", .invalidNumber)
            }
            fields.multiplierBillionths = value
        case Name.frameCounter:
            guard let value = DecimalText.unsigned(bytes, try reader.number(bytes)) else {
                throw reader.fault("frameCounter is no whole number", .invalidNumber)
            }
            fields.frameCounter = UInt64(value)
        default: try reader.skipValue(bytes, depth: 1)
        }
    }

    private mutating func unit(_ bytes: Span<UInt8>) throws(DecodeError) -> (MeasurementUnit, Int) {
        let spelling = try reader.identifier(bytes, "unit")
        guard let found = MeasurementUnit.spelled(spelling) else {
            throw reader.fault("no unit \"\(spelling)\"", .unknownUnit)
        }
        return (found.unit, found.powerOfTen)
    }

    private mutating func start(_ bytes: Span<UInt8>) throws(DecodeError) -> IntervalFields.Start {
        guard reader.peek(bytes) == UInt8(ascii: "\"") else {
            let range = try reader.number(bytes)
            guard let second = TimeField.epochSecond(bytes, range) else {
                throw reader.fault("start is not a whole number of seconds since 1970", .invalidTimestamp)
            }
            return .instant(Instant(secondsSinceEpoch: second))
        }
        let text = try reader.string(bytes)
        guard !text.hasEscapes, let stamp = TimestampText(bytes, text.range) else {
            throw reader.fault("start is not an ISO 8601 timestamp", .invalidTimestamp)
        }
        if let instant = stamp.instant { return .instant(instant) }
        return .local(stamp.date, secondOfDay: stamp.secondOfDay)
    }

    private mutating func interval(_ bytes: Span<UInt8>) throws(DecodeError) -> Int32 {
        let range: Range<Int>
        let seconds: Int?
        if reader.peek(bytes) == UInt8(ascii: "\"") {
            range = try reader.string(bytes).range
            seconds = TimeField.durationSeconds(bytes, range)
        } else {
            range = try reader.number(bytes)
            seconds = DecimalText.unsigned(bytes, range)
        }
        guard let seconds, TimeField.intervalRange.contains(seconds) else {
            throw reader.fault("interval is not a length of 1 s to 31 days", .invalidInterval)
        }
        return Int32(seconds)
    }

    /// Appends the values and a first idea of their qualities; times follow when the whole object is known.
    private mutating func values(
        _ bytes: Span<UInt8>,
        powerOfTen: Int,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        try reader.expect(bytes, UInt8(ascii: "["))
        guard !reader.take(bytes, UInt8(ascii: "]")) else { return }
        repeat {
            let value: Int64?
            switch reader.peek(bytes) {
            case UInt8(ascii: "n"):
                _ = try reader.takeNull(bytes)
                batch.append(endSecond: 0, billionths: 0, quality: .missing)
                continue
            case UInt8(ascii: "\""):
                let text = try reader.string(bytes)
                value = Quantity(bytes, text.range, powerOfTen: powerOfTen)?.billionths
            default: value = try reader.billionths(bytes, powerOfTen: powerOfTen)
            }
            guard let value else { throw reader.fault("a value is no number or too large", .invalidNumber) }
            batch.append(endSecond: 0, billionths: value, quality: .raw)
        } while try reader.more(bytes, close: UInt8(ascii: "]"))
    }

    // MARK: Putting it together

    private mutating func finish(
        _ bytes: Span<UInt8>,
        _ fields: IntervalFields,
        from mark: Int,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        guard !fields.meter.isEmpty else { throw reader.fault("no \"meter\"", .missingField) }
        guard let start = fields.start else { throw reader.fault("no \"start\"", .missingField) }
        guard fields.intervalSeconds > 0 else { throw reader.fault("no \"interval\"", .missingField) }
        guard let values = fields.values else { throw reader.fault("no \"values\"", .missingField) }
        if values.powerOfTen != fields.powerOfTen {
            batch.truncate(values: mark)
            reader.rewind(to: values.position)
            try self.values(bytes, powerOfTen: fields.powerOfTen, into: &batch)
        }
        guard batch.valueCount > mark else { throw reader.fault("\"values\" is empty", .wrongValueCount) }
        let zone = fields.zone ?? defaultZone
        if let zone { _ = try zones.rules(zone, at: reader.cursor) }
        let first = try instant(start, zone: zone)
        try setEnds(from: mark, first: first, intervalSeconds: Int64(fields.intervalSeconds), zone, &batch)
        if let position = fields.qualityPosition {
            reader.rewind(to: position)
            try qualities(bytes, from: mark, into: &batch)
        }
        if let position = fields.flagsPosition {
            reader.rewind(to: position)
            try flags(bytes, from: mark, into: &batch)
        }
        var series = ReadingBatch.Series(
            meter: fields.meter,
            channel: fields.channel.isEmpty ? "1-0:1.8.0" : fields.channel,
            unit: fields.unit,
            zone: zone ?? "UTC",
            zoneOrigin: zone == nil ? .unstated : .stated,
            intervalSeconds: fields.intervalSeconds,
            serial: "",
            configuration: "",
            values: mark..<batch.valueCount
        )
        series.meterClock = fields.meterClock
        series.multiplierBillionths = fields.multiplierBillionths
        series.frameCounter = fields.frameCounter
        batch.series.append(series)
    }

    /// Values follow each other by the length of their intervals; days that start at a local midnight by the zone's calendar.
    private mutating func setEnds(
        from mark: Int,
        first: Instant,
        intervalSeconds: Int64,
        _ zone: String?,
        _ batch: inout ReadingBatch
    ) throws(DecodeError) {
        batch.setEnds(from: mark, first: first.secondsSinceEpoch + intervalSeconds, step: intervalSeconds)
        guard intervalSeconds % 86_400 == 0, let zone else { return }
        let rules = try zones.rules(zone, at: reader.cursor)
        let date = rules.localDate(of: first)
        guard rules.dayStart(of: date) == first else { return }
        let days = Int32(intervalSeconds / 86_400)
        for index in mark..<batch.valueCount {
            let (offset, isTooFar) = Int32(clamping: index - mark).multipliedReportingOverflow(by: days)
            let (day, isOutside) = date.daysSinceEpoch.addingReportingOverflow(offset)
            guard !isTooFar, !isOutside else { throw reader.fault("more days than the calendar has", .wrongValueCount) }
            let start = rules.dayStart(of: CivilDate(daysSinceEpoch: day))
            batch.endSeconds[index] = start.secondsSinceEpoch + intervalSeconds
        }
    }

    /// For each value a flag's name, a list of names, or null.
    private mutating func flags(
        _ bytes: Span<UInt8>,
        from mark: Int,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        if try reader.takeNull(bytes) { return }
        try reader.expect(bytes, UInt8(ascii: "["))
        var index = mark
        if !reader.take(bytes, UInt8(ascii: "]")) {
            repeat {
                guard index < batch.valueCount else { throw reader.fault("more flags than values", .wrongValueCount) }
                if try !reader.takeNull(bytes) { batch.flags[index] = try flagsOfOne(bytes).rawValue }
                index += 1
            } while try reader.more(bytes, close: UInt8(ascii: "]"))
        }
        guard index == batch.valueCount else { throw reader.fault("fewer flags than values", .wrongValueCount) }
    }

    private mutating func flagsOfOne(_ bytes: Span<UInt8>) throws(DecodeError) -> IntervalFlags {
        guard reader.take(bytes, UInt8(ascii: "[")) else { return try flag(bytes) }
        var flags: IntervalFlags = []
        if reader.take(bytes, UInt8(ascii: "]")) { return flags }
        repeat {
            flags.formUnion(try flag(bytes))
        } while try reader.more(bytes, close: UInt8(ascii: "]"))
        return flags
    }

    private mutating func flag(_ bytes: Span<UInt8>) throws(DecodeError) -> IntervalFlags {
        let name = try reader.identifier(bytes, "flag")
        guard let flag = IntervalFlags(named: name) else {
            throw reader.fault("no flag \"\(name)\"", .invalidQuality)
        }
        return flag
    }

    private mutating func instant(_ start: IntervalFields.Start, zone: String?) throws(DecodeError) -> Instant {
        switch start {
        case .instant(let instant): return instant
        case .local(let date, let secondOfDay):
            guard let zone else {
                throw reader.fault("start names no offset and the reading no zone", .invalidTimestamp)
            }
            switch try zones.rules(zone, at: reader.cursor).resolve(date: date, secondOfDay: secondOfDay) {
            case .unique(let instant): return instant
            case .ambiguous:
                throw reader.fault("start happened twice in \(zone): write its offset", .invalidTimestamp)
            case .skipped:
                throw reader.fault("start is a time that the clock of \(zone) skipped", .skippedLocalTime)
            }
        }
    }

    /// One quality for all values, or a list with one for each.
    private mutating func qualities(
        _ bytes: Span<UInt8>,
        from mark: Int,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        if try reader.takeNull(bytes) { return }
        guard reader.take(bytes, UInt8(ascii: "[")) else {
            let quality = try quality(bytes)
            for index in mark..<batch.valueCount { batch.setQuality(quality, at: index) }
            return
        }
        var index = mark
        if !reader.take(bytes, UInt8(ascii: "]")) {
            repeat {
                guard index < batch.valueCount else {
                    throw reader.fault("more qualities than values", .wrongValueCount)
                }
                if try !reader.takeNull(bytes) { batch.setQuality(try quality(bytes), at: index) }
                index += 1
            } while try reader.more(bytes, close: UInt8(ascii: "]"))
        }
        guard index == batch.valueCount else { throw reader.fault("fewer qualities than values", .wrongValueCount) }
    }

    private mutating func quality(_ bytes: Span<UInt8>) throws(DecodeError) -> Quality {
        let name = try reader.identifier(bytes, "quality")
        guard let quality = SourceQuality.named(name) else {
            throw reader.fault("no quality \"\(name)\"", .invalidQuality)
        }
        return quality
    }
}
