public import MeterCore

/// What became of the values of one block of a payload when it was taken: `offered == taken + unchanged + held + refused`.
///
/// What was taken and is no longer in force was superseded since; the versions that came after it say by what.
public struct BlockFate: Sendable, Equatable {
    public var raw: RawReference
    /// The time that the values are about.
    public var start: Instant
    public var end: Instant
    public var intervalSeconds: Int32
    public var offered: UInt32 = 0
    /// They became the word of their source on their slots.
    public var taken: UInt32 = 0
    /// Of those, the ones in place of another payload's word.
    public var replaced: UInt32 = 0
    /// They say what held already.
    public var unchanged: UInt32 = 0
    /// Another value stands above them.
    public var held: UInt32 = 0
    public var refused: UInt32 = 0
    /// Why values were held or refused; empty when none was.
    public var code = ""

    public init(raw: RawReference, start: Instant, end: Instant, intervalSeconds: Int32) {
        self.raw = raw
        self.start = start
        self.end = end
        self.intervalSeconds = intervalSeconds
    }
}

extension BlockFate {
    init(_ message: Meterlog_V1_BlockFate) throws(EventError) {
        self.init(
            raw: try RawReference(message.raw),
            start: Instant(secondsSinceEpoch: message.startS),
            end: Instant(secondsSinceEpoch: message.endS),
            intervalSeconds: Int32(clamping: message.intervalS)
        )
        offered = message.offered
        taken = message.taken
        replaced = message.replaced
        unchanged = message.unchanged
        held = message.held
        refused = message.refused
        code = message.code
    }

    var message: Meterlog_V1_BlockFate {
        var message = Meterlog_V1_BlockFate()
        message.raw = raw.message
        message.startS = start.secondsSinceEpoch
        message.endS = end.secondsSinceEpoch
        message.intervalS = UInt32(clamping: intervalSeconds)
        message.offered = offered
        message.taken = taken
        message.replaced = replaced
        message.unchanged = unchanged
        message.held = held
        message.refused = refused
        message.code = code
        return message
    }
}
