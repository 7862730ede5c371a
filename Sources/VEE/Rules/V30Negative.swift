/// V30, negative consumption.
///
/// Definition: an amount below zero on a channel that counts in one direction. Channels that net both directions are named by
/// parameter. Only units that are amounts (energy, volume) are checked; a power, voltage or temperature may be negative.
///
/// Formula: fails when `value < 0`.
///
/// Result: the slot fails at once with the value as it came. At the close of its window it is estimated like a gap where a method
/// can; the value that came stays in the slot's history and as the observed value of the finding. Otherwise it stays failed.
/// A negative value never takes the place of a good one that is there.
///
/// Parameters: `netChannels`, channel names; a trailing `*` stands for any rest. Default: none.
///
/// Source: Oracle Utilities MDM "Negative Consumption Check".
public struct NegativeRule: Sendable, Equatable {
    public static let number: UInt32 = 30

    public var isEnabled: Bool
    public var netChannels: [String]

    public init(isEnabled: Bool = true, netChannels: [String] = []) {
        self.isEnabled = isEnabled
        self.netChannels = netChannels
    }

    /// Whether values of the channel may not be negative.
    public func applies(toChannel channel: String) -> Bool {
        guard isEnabled else { return false }
        for pattern in netChannels {
            if pattern == channel { return false }
            if pattern.utf8.last == UInt8(ascii: "*"), channel.utf8.starts(with: pattern.utf8.dropLast()) {
                return false
            }
        }
        return true
    }
}
