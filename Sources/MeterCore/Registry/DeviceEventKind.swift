/// What a device event means for the values around it. Stored in events: never renumber, only add.
public enum DeviceEventKind: UInt8, Sendable, CaseIterable {
    case powerDown = 1
    case powerUp = 2
    case clockSet = 3
    case testModeStarted = 4
    case testModeEnded = 5
    case tamper = 6
    case reverseEnergy = 7
    case configurationChanged = 8
    case watchdog = 9
    case installed = 10
    case removed = 11
    case other = 255
}
