public import MeterCore

/// A rule set to put into force: the payload is the rule file, byte for byte; the parameter `effective-from` of the media type says from
/// which data time on it holds.
///
/// Only its form as text is looked at here. What it says is checked by those who know the rules, before it is sent and when it is
/// taken up.
public enum RuleSetJSON: PayloadDecoder {
    public static let format = FormatDescription(
        name: "json-rules",
        lane: .interval,
        mediaType: "application/vnd.meterlog.rules+json",
        summary: "a rule set to put into force; parameter effective-from"
    )

    /// The largest rule file, in bytes.
    static let byteLimit = 1 << 20

    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        guard let stamp = mediaType["effective-from"] else {
            throw DecodeError(.invalidParameter, "the media type has no effective-from")
        }
        let text = Array(stamp.utf8)
        guard let from = TimestampText(text.span, 0..<text.count)?.instant else {
            throw DecodeError(.invalidParameter, "effective-from is not ISO 8601 with its offset")
        }
        guard bytes.count <= byteLimit else {
            throw DecodeError(.limitExceeded, "a rule set of more than \(byteLimit) bytes")
        }
        _ = try JSONNode.read(bytes)
        guard let json = TextField.text(bytes, 0..<bytes.count) else {
            throw DecodeError(.invalidEncoding, "the rule set is not UTF-8")
        }
        batch.ruleSet = ReadingBatch.RuleSet(json: json, effectiveFrom: from)
    }
}
