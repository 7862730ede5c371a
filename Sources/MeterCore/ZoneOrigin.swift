/// Where the zone of a channel's days comes from. Raw values are stored in events: never renumber, only add; 0 means that nobody told, and
/// counts as stated.
///
/// A zone that was stated stands against one that a format implies, and that against one that nobody named.
public enum ZoneOrigin: UInt8, Sendable, CaseIterable {
    /// The payload, or a parameter of its media type, names the zone.
    case stated = 1
    /// The format has one zone for all (NEM12: UTC+10).
    case formatDefault = 2
    /// Nothing was said; UTC is assumed.
    case unstated = 3
}
