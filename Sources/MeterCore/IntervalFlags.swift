/// Facts about one interval that its source states, independent of the format they came in.
///
/// The bits are stored in events: never renumber, only add.
public struct IntervalFlags: OptionSet, Sendable, Hashable {
    public let rawValue: UInt16

    public init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// The power failed in the interval.
    public static let powerFailed = IntervalFlags(rawValue: 1 << 0)
    /// The device's clock was set forward or back in it.
    public static let clockAdjusted = IntervalFlags(rawValue: 1 << 1)
    /// It covers less than its length.
    public static let partial = IntervalFlags(rawValue: 1 << 2)
    /// It covers more than its length.
    public static let long = IntervalFlags(rawValue: 1 << 3)
    /// The device recorded nothing in it; a value of zero means nothing.
    public static let skipped = IntervalFlags(rawValue: 1 << 4)
    /// Recorded in test mode.
    public static let testMode = IntervalFlags(rawValue: 1 << 5)
    /// A pulse or number overflow.
    public static let overflow = IntervalFlags(rawValue: 1 << 6)
    public static let configurationChanged = IntervalFlags(rawValue: 1 << 7)
    public static let recordingStopped = IntervalFlags(rawValue: 1 << 8)
    /// A fault of the device itself: CRC, RAM, ROM, watchdog, critical error.
    public static let diagnostic = IntervalFlags(rawValue: 1 << 9)
    /// The device does not trust its clock.
    public static let clockInvalid = IntervalFlags(rawValue: 1 << 10)
    /// Recovered after a fault.
    public static let recovered = IntervalFlags(rawValue: 1 << 11)
    /// The device says that the value must not be used.
    public static let dataInvalid = IntervalFlags(rawValue: 1 << 12)
    public static let daylightSaving = IntervalFlags(rawValue: 1 << 13)
    public static let tamper = IntervalFlags(rawValue: 1 << 14)
    public static let reset = IntervalFlags(rawValue: 1 << 15)
}

extension IntervalFlags {
    /// From an ANSI C12.19 load profile: the common flags of the set (high nibble of its first status byte: bit 0 daylight saving,
    /// 1 power fail, 2 clock forward, 3 clock back) and the status nibble of the channel (1 overflow, 2 partial, 3 long, 4 skipped, 5 test
    /// mode, 6 configuration changed, 7 recording stopped; others are reserved and say nothing).
    ///
    /// Source: ANSI C12.19, load profile status, as in `usnistgov/n0mcli` include/c1219.h.
    public init(c1219Common common: UInt8, channel: UInt8) {
        var flags: IntervalFlags = []
        if common & 1 != 0 { flags.insert(.daylightSaving) }
        if common & 2 != 0 { flags.insert(.powerFailed) }
        if common & 0b1100 != 0 { flags.insert(.clockAdjusted) }
        switch channel {
        case 1: flags.insert(.overflow)
        case 2: flags.insert(.partial)
        case 3: flags.insert(.long)
        case 4: flags.insert(.skipped)
        case 5: flags.insert(.testMode)
        case 6: flags.insert(.configurationChanged)
        case 7: flags.insert(.recordingStopped)
        default: break
        }
        self = flags
    }

    /// From the status byte of a DLMS load profile (NTA/DSMR): bit 0 critical error, 1 clock invalid, 2 data not valid, 3 daylight
    /// saving, 5 clock adjusted, 6 recovered value, 7 power down.
    public init(dlmsProfileStatus status: UInt8) {
        let meanings: [(bit: UInt8, flag: IntervalFlags)] = [
            (0, .diagnostic), (1, .clockInvalid), (2, .dataInvalid), (3, .daylightSaving), (5, .clockAdjusted),
            (6, .recovered), (7, .powerFailed),
        ]
        var flags: IntervalFlags = []
        for meaning in meanings where status & (1 << meaning.bit) != 0 { flags.insert(meaning.flag) }
        self = flags
    }

    /// From an AEMO NEM12 reason code (0 to 99); codes without a machine meaning give nothing.
    public init(nem12Reason reason: UInt8) {
        switch reason {
        case 43, 79: self = .powerFailed
        case 60, 63: self = .tamper
        case 80: self = .partial
        case 81: self = .long
        case 82, 83, 84, 88, 98: self = .diagnostic
        case 86: self = .clockInvalid
        case 87: self = .reset
        case 89: self = .clockAdjusted
        case 90: self = .testMode
        case 95: self = .overflow
        default: self = []
        }
    }

    /// The names used in JSON, in the order of the bits.
    public static let names = [
        "power_failed", "clock_adjusted", "partial", "long", "skipped", "test_mode", "overflow",
        "configuration_changed", "recording_stopped", "diagnostic", "clock_invalid", "recovered", "data_invalid",
        "daylight_saving", "tamper", "reset",
    ]

    /// The flag of a name, or nil.
    public init?(named name: String) {
        guard let bit = Self.names.firstIndex(of: name) else { return nil }
        self.init(rawValue: 1 << UInt16(bit))
    }
}
