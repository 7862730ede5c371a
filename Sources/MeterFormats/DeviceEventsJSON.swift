public import MeterCore

/// The documented JSON form of device events: `{"events": [{"meter", "code", "time", "text"?, "id"?}]}`, a list of such objects, or one.
///
/// A payload that is not JSON is refused whole; an event that makes no sense is refused alone when it stands in a list.
public enum DeviceEventsJSON: PayloadDecoder {
    public static let format = FormatDescription(
        name: "json-events",
        lane: .alarm,
        mediaType: "application/vnd.meterlog.events+json",
        summary: "device events as JSON objects: meter, code, time"
    )

    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        var decoder = DeviceEventsDecoder()
        try decoder.decode(bytes, into: &batch)
    }
}

private struct DeviceEventsDecoder: ~Copyable {
    private var reader = JSONReader()
    private var members = MemberSet()

    private enum Name {
        static let events = JSONReader.packed("events")
        static let meter = JSONReader.packed("meter")
        static let code = JSONReader.packed("code")
        static let time = JSONReader.packed("time")
        static let text = JSONReader.packed("text")
        static let id = JSONReader.packed("id")
    }

    mutating func decode(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        switch reader.peek(bytes) {
        case UInt8(ascii: "["): try list(bytes, into: &batch)
        case UInt8(ascii: "{"): try document(bytes, into: &batch)
        case 0 where reader.cursor == bytes.count: throw reader.fault("the payload is empty", .empty)
        default: throw reader.fault("neither an object nor a list")
        }
        try reader.expectEnd(bytes)
        try batch.refuseIfAllRejected()
    }

    private mutating func document(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        let start = reader.cursor
        var listPosition: Int?
        members.removeAll()
        try reader.expect(bytes, UInt8(ascii: "{"))
        if !reader.take(bytes, UInt8(ascii: "}")) {
            repeat {
                let key = try reader.key(bytes)
                try members.insert(key, at: reader.cursor)
                if key.packed == Name.events {
                    guard reader.peek(bytes) == UInt8(ascii: "[") else {
                        throw reader.fault("\"events\" is not a list")
                    }
                    listPosition = reader.cursor
                }
                try reader.skipValue(bytes, depth: 1)
            } while try reader.more(bytes, close: UInt8(ascii: "}"))
        }
        let end = reader.cursor
        if let listPosition {
            reader.rewind(to: listPosition)
            try list(bytes, into: &batch)
        } else {
            reader.rewind(to: start)
            try event(bytes, into: &batch)
        }
        reader.rewind(to: end)
    }

    private mutating func list(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        try reader.expect(bytes, UInt8(ascii: "["))
        guard !reader.take(bytes, UInt8(ascii: "]")) else { return }
        var element = 0
        repeat {
            element += 1
            reader.skipSpace(bytes)
            let start = reader.cursor
            do throws(DecodeError) {
                try event(bytes, into: &batch)
            } catch {
                reader.rewind(to: start)
                try reader.skipValue(bytes, depth: 1)
                batch.reject(error, line: element)
            }
        } while try reader.more(bytes, close: UInt8(ascii: "]"))
    }

    private mutating func event(_ bytes: Span<UInt8>, into batch: inout ReadingBatch) throws(DecodeError) {
        var meter = ""
        var code = ""
        var text = ""
        var id = ""
        var time: Instant?
        members.removeAll()
        try reader.expect(bytes, UInt8(ascii: "{"))
        if !reader.take(bytes, UInt8(ascii: "}")) {
            repeat {
                let key = try reader.key(bytes)
                try members.insert(key, at: reader.cursor)
                switch key.packed {
                case Name.meter: meter = try reader.identifier(bytes, "meter")
                case Name.code: code = try self.code(bytes)
                case Name.time: time = try self.time(bytes)
                case Name.text:
                    if try reader.takeNull(bytes) { break }
                    text = try reader.text(bytes, "text", limit: TextField.textByteLimit)
                case Name.id:
                    if try reader.takeNull(bytes) { break }
                    id = try reader.identifier(bytes, "id")
                default: try reader.skipValue(bytes, depth: 1)
                }
            } while try reader.more(bytes, close: UInt8(ascii: "}"))
        }
        guard !meter.isEmpty else { throw reader.fault("no \"meter\"", .missingField) }
        guard !code.isEmpty else { throw reader.fault("no \"code\"", .missingField) }
        guard let time else { throw reader.fault("no \"time\"", .missingField) }
        batch.events.append(DeviceEvent(meter: meter, code: code, occurredAt: time, text: text, id: id))
    }

    /// A string, or a whole number taken as its digits.
    private mutating func code(_ bytes: Span<UInt8>) throws(DecodeError) -> String {
        guard reader.peek(bytes) != UInt8(ascii: "\"") else { return try reader.identifier(bytes, "code") }
        let range = try reader.number(bytes)
        guard DecimalText.unsigned(bytes, range) != nil, let code = TextField.identifier(bytes, range) else {
            throw reader.fault("code is neither a string nor a whole number", .invalidNumber)
        }
        return code
    }

    private mutating func time(_ bytes: Span<UInt8>) throws(DecodeError) -> Instant {
        guard reader.peek(bytes) == UInt8(ascii: "\"") else {
            let range = try reader.number(bytes)
            guard let second = TimeField.epochSecond(bytes, range) else {
                throw reader.fault("time is not a whole number of seconds since 1970", .invalidTimestamp)
            }
            return Instant(secondsSinceEpoch: second)
        }
        let text = try reader.string(bytes)
        guard !text.hasEscapes, let instant = TimestampText(bytes, text.range)?.instant else {
            throw reader.fault("time is not an ISO 8601 timestamp with its offset", .invalidTimestamp)
        }
        return instant
    }
}
