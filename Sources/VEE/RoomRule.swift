/// V45, no room: a partition of the journal has as many channels, or meters, as are kept (`VEELimits.maximumSeries`).
///
/// Result (fail): data of further ones is refused, since what is judged without memory could be in force twice. The raw payload stays in the log.
enum RoomRule {
    static let number: UInt32 = 45
    static let exceptionCode = "ERR_VEE_ROOM_45"
}
