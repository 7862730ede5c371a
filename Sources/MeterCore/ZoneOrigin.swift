/// Who says in which zone a meter's data are, from the firmest to the least firm. Raw values are stored: never renumber.
///
/// 0 is not used: events of before the origin was told have it, and are taken as stated.
public enum ZoneOrigin: UInt8, Sendable, CaseIterable, Comparable {
    /// The registry of meters.
    case registry = 4
    /// The payload, or the one who sent it.
    case stated = 1
    /// Nobody; the format has a zone of its own (NEM12: UTC+10).
    case formatDefault = 2
    /// Nobody: UTC is assumed.
    case unstated = 3

    /// Greater is firmer.
    public var firmness: Int {
        switch self {
        case .unstated: 0
        case .formatDefault: 1
        case .stated: 2
        case .registry: 3
        }
    }

    public static func < (left: ZoneOrigin, right: ZoneOrigin) -> Bool {
        left.firmness < right.firmness
    }
}
