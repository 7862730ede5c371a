/// Why a payload, or a line of one, could not be understood. A closed set, so that dead letters can be counted and searched.
///
/// The raw value is written into dead letters: never rename, only add.
public enum DecodeCode: String, Sendable, CaseIterable {
    /// The payload has no content to decode.
    case empty = "empty"
    /// The payload ends before its format says it does.
    case truncated = "truncated"
    /// Not the syntax of the format: broken JSON, an unclosed quote, a missing column.
    case malformedSyntax = "malformed_syntax"
    /// Text that is not UTF-8.
    case invalidEncoding = "invalid_encoding"
    /// Nested deeper, or larger, than a decoder will follow.
    case limitExceeded = "limit_exceeded"
    /// A media type, version or variant that no decoder knows.
    case unsupportedFormat = "unsupported_format"
    /// A media type parameter is missing or makes no sense.
    case invalidParameter = "invalid_parameter"
    case missingField = "missing_field"
    case duplicateField = "duplicate_field"
    case invalidTimestamp = "invalid_timestamp"
    /// A wall-clock time that the zone's clock never showed.
    case skippedLocalTime = "skipped_local_time"
    /// A wall-clock time that the zone's clock showed twice, and nothing says which of the two is meant.
    case ambiguousLocalTime = "ambiguous_local_time"
    case unknownZone = "unknown_zone"
    case invalidNumber = "invalid_number"
    case unknownUnit = "unknown_unit"
    case invalidInterval = "invalid_interval"
    /// Stamps closer to one another than the interval is long.
    case intervalOverlap = "interval_overlap"
    /// Two values for one interval of one channel in one payload: the later one holds.
    case slotTwice = "slot_twice"
    /// The same words as another line of the payload; what they say holds once.
    case duplicateLine = "duplicate_line"
    /// Lines that belong to several channels, which a column tells apart that was not named.
    case ambiguousChannel = "ambiguous_channel"
    case invalidQuality = "invalid_quality"
    /// Another number of values than the record announces or the interval length demands.
    case wrongValueCount = "wrong_value_count"
    /// Interval events that leave a part of the day out, or cover it twice.
    case untiledDay = "untiled_day"
    case unknownRecord = "unknown_record"
    /// A record where its format does not allow it.
    case misplacedRecord = "misplaced_record"
    /// A rule set that those who know the rules refuse.
    case invalidRuleSet = "invalid_rule_set"
    /// A payload under the idempotency key of another one, with other content.
    case keyReused = "key_reused"
}

/// A payload that cannot be decoded at all: it becomes a dead letter, whole.
public struct DecodeError: Error, Equatable, Sendable {
    public var code: DecodeCode
    /// One sentence for the person who reads the dead letter.
    public var reason: String
    /// 1-based; nil for formats without lines.
    public var line: Int?
    /// Where in the payload, counted from 0.
    public var byteOffset: Int

    public init(_ code: DecodeCode, _ reason: String, line: Int? = nil, byteOffset: Int = 0) {
        self.code = code
        self.reason = reason
        self.line = line
        self.byteOffset = byteOffset
    }
}

extension DecodeError: CustomStringConvertible {
    public var description: String {
        let place = line.map { "line \($0), byte \(byteOffset)" } ?? "byte \(byteOffset)"
        return "\(code.rawValue) at \(place): \(reason)"
    }
}
