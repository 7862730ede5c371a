import MeterEvents

/// One version of one interval's value, without what it shares with the other slots of its event.
struct ReadingRow: Equatable, Sendable {
    var channelKey: Int32
    /// Index into `ReadingsFold.events`.
    var event: Int32
    /// Index into `ReadingsFold.sources`.
    var source: Int32
    /// Index into `ReadingsFold.findings`, -1 when no rule spoke about the slot.
    var findings: Int32
    var revision: Int32
    var quality: UInt8
    var method: UInt8
    /// No later version of the interval is among the rows.
    var isNewest: Bool
    var intervalEndMicroseconds: Int64
    /// Without meaning where the quality is `.missing`.
    var billionths: Int64
}

/// What the slots of one event share.
struct ReadingEvent: Equatable, Sendable {
    var position: LogPosition
    var decidedAtMicroseconds: Int64
    var intervalSeconds: Int32
    var unit: Int16
    var ruleSet: String
}

/// A raw event that values come from.
struct ReadingSource: Equatable, Sendable {
    var lane: Int16
    var partition: Int32
    var offset: Int64
    var receivedAtMicroseconds: Int64
}

/// What a batch says about a channel.
struct ChannelChange: Equatable, Sendable {
    var channelKey: Int32
    var name: ChannelName
    var unit: Int16
    var zone: String
    var intervalSeconds: Int32
    var firstIntervalEndMicroseconds: Int64
    var lastIntervalEndMicroseconds: Int64
    var lastReceivedAtMicroseconds: Int64
    /// Of the newest event, which gives unit, zone and interval.
    var position: LogPosition
}

/// The local day of a channel as its newest event counted it.
struct WindowRow: Equatable, Sendable {
    var channelKey: Int32
    var unit: Int16
    var zone: String
    var ruleSet: String
    var startMicroseconds: Int64
    var endMicroseconds: Int64
    var decidedAtMicroseconds: Int64
    var revision: Int32
    var position: LogPosition
    var state: WindowState
}
