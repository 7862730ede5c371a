package import MeterEvents

/// One version of one interval's value, without what it shares with the other slots of its event.
package struct ReadingRow: Equatable, Sendable {
    package var channelKey: Int32
    /// Index into `ReadingsFold.events`.
    package var event: Int32
    /// Index into `ReadingsFold.sources`.
    package var source: Int32
    /// Index into `ReadingsFold.findings`, -1 when no rule spoke about the slot.
    package var findings: Int32
    package var revision: Int32
    package var quality: UInt8
    package var method: UInt8
    /// No later version of the interval is among the rows.
    package var isNewest: Bool
    package var intervalEndMicroseconds: Int64
    /// Without meaning where the quality is `.missing`.
    package var billionths: Int64
}

/// What the slots of one event share.
package struct ReadingEvent: Equatable, Sendable {
    package var position: LogPosition
    package var decidedAtMicroseconds: Int64
    package var intervalSeconds: Int32
    package var unit: Int16
    package var ruleSet: String
}

/// A raw event that values come from.
package struct ReadingSource: Equatable, Sendable {
    package var lane: Int16
    package var partition: Int32
    package var offset: Int64
    package var receivedAtMicroseconds: Int64
}

/// What a batch says about a channel.
package struct ChannelChange: Equatable, Sendable {
    package var channelKey: Int32
    package var name: ChannelName
    package var unit: Int16
    package var zone: String
    package var intervalSeconds: Int32
    package var longestIntervalSeconds: Int32
    package var firstIntervalEndMicroseconds: Int64
    package var lastIntervalEndMicroseconds: Int64
    package var lastReceivedAtMicroseconds: Int64
    /// Of the newest event, which gives unit, zone and interval.
    package var position: LogPosition
}

/// A window of a channel as its newest event counted it.
package struct WindowRow: Equatable, Sendable {
    package var channelKey: Int32
    package var unit: Int16
    package var zone: String
    package var ruleSet: String
    package var startMicroseconds: Int64
    package var endMicroseconds: Int64
    package var decidedAtMicroseconds: Int64
    package var revision: Int32
    package var position: LogPosition
    package var state: WindowState
}
