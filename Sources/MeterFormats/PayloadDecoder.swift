public import MeterCore

/// The two ways of a payload through the system; alarms never queue behind readings.
public enum PayloadLane: String, Sendable, CaseIterable {
    case interval
    case alarm
}

/// What a format is called and how its payloads are recognised.
public struct FormatDescription: Sendable, Equatable {
    /// The name on the command line and of the folder with its vectors.
    public let name: String
    public let lane: PayloadLane
    /// The media type a sender should use, without optional parameters.
    public let mediaType: String
    /// Other media types taken for the same format; a `profile` named here must be there.
    public let aliases: [String]
    /// One line for help texts.
    public let summary: String

    /// `mediaType` and `aliases`, read once.
    private let accepted: [MediaType]

    init(name: String, lane: PayloadLane, mediaType: String, aliases: [String] = [], summary: String) {
        self.name = name
        self.lane = lane
        self.mediaType = mediaType
        self.aliases = aliases
        self.summary = summary
        accepted = ([mediaType] + aliases).compactMap { MediaType($0) }
    }

    /// Whether a payload of this media type is this format: same type and subtype, and the same `profile`, or none where none
    /// is named.
    public func matches(_ mediaType: MediaType) -> Bool {
        accepted.contains { $0.essence == mediaType.essence && $0["profile"] == mediaType["profile"] }
    }
}

/// A format: bytes in, readings out. Pure, so that a payload decodes to the same readings whenever and wherever it is decoded.
public protocol PayloadDecoder: SendableMetatype {
    static var format: FormatDescription { get }

    /// Decodes one payload and appends its readings to `batch`, which the caller has emptied.
    ///
    /// - Throws: `DecodeError` when the payload as a whole cannot be used; `batch` is then in no defined state. Lines that cannot be
    ///   used while the rest can are in `batch.rejects`.
    static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError)
}
