package import MeterEvents

/// What became of the values of one block of a payload.
package struct BlockFateRow: Equatable, Sendable {
    package var channelKey: Int32
    /// Place in the event.
    package var ordinal: Int32
    package var position: LogPosition
    package var startMicroseconds: Int64
    package var endMicroseconds: Int64
    package var code: String
    package var fate: BlockFate

    /// The rows of an event, without their channel.
    static func rows(_ event: ValidatedIntervals, at position: LogPosition) throws(EventError) -> [BlockFateRow] {
        var rows: [BlockFateRow] = []
        for (index, fate) in event.fates.enumerated() {
            for count in [fate.offered, fate.taken, fate.replaced, fate.unchanged, fate.held, fate.refused] {
                _ = try StoredForm.int32(count, "count of a block's values")
            }
            rows.append(
                BlockFateRow(
                    channelKey: 0,
                    ordinal: Int32(clamping: index),
                    position: position,
                    startMicroseconds: try StoredForm.microseconds(fate.start),
                    endMicroseconds: try StoredForm.microseconds(fate.end),
                    code: StoredForm.text(fate.code),
                    fate: fate
                )
            )
        }
        return rows
    }

    func of(_ key: Int32) -> BlockFateRow {
        var row = self
        row.channelKey = key
        return row
    }
}
