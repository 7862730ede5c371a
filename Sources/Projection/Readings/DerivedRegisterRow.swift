package import MeterEvents

/// One version of what a channel's register would read at the end of a window.
package struct DerivedRegisterRow: Equatable, Sendable {
    package var channelKey: Int32
    package var unit: Int16
    package var ruleSet: String
    package var readAtMicroseconds: Int64
    package var baseReadAtMicroseconds: Int64
    package var decidedAtMicroseconds: Int64
    package var revision: Int32
    package var position: LogPosition
    /// No later version for the instant is among the rows.
    package var isNewest: Bool
    package var reading: DerivedRegister
}
