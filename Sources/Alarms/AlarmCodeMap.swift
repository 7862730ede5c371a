import MeterCore

/// What a head-end's event codes mean: the code's standard type, a word for it, and its priority.
///
/// One meaning has several codes, and vendors reuse codes, so the map is a versioned table and not an enumeration. The shipped map holds
/// IEC 61968-9 EndDeviceEventType codes (device.domain.subdomain.action) that utilities' event stores show, and plain words.
public struct AlarmCodeMap: Sendable {
    public struct Meaning: Sendable, Equatable {
        /// `power_down`, `tamper`, ...
        public var name: String
        /// EndDeviceEventType with points, empty when there is none.
        public var eventType: String
        /// 0 (highest) to 4 (informational).
        public var priority: UInt8

        public init(name: String, eventType: String, priority: UInt8) {
            self.name = name
            self.eventType = eventType
            self.priority = priority
        }
    }

    /// What an event with this meaning says about the readings around it; nil for one that says nothing.
    static let eventKinds: [String: DeviceEventKind] = [
        "power_down": .powerDown, "last_gasp": .powerDown, "power_up": .powerUp, "tamper": .tamper,
        "reverse_energy": .reverseEnergy, "test_mode_start": .testModeStarted, "test_mode_stop": .testModeEnded,
        "clock_error": .clockSet, "measurement_error": .watchdog,
    ]

    /// What an unknown code becomes: seen by the operators, never dropped.
    public static let unclassified = Meaning(name: "unclassified", eventType: "", priority: 3)

    /// Stands on every alarm that it classified.
    public let version: String
    private let meanings: [String: Meaning]

    /// - Parameter meanings: by the source's code, case sensitive.
    public init(version: String, meanings: [String: Meaning]) {
        self.version = version
        self.meanings = meanings
    }

    public func meaning(of code: String) -> Meaning {
        if let found = meanings[code] { return found }
        return AlarmCodeMap.unclassified
    }

    /// The shipped map.
    public static let standard: AlarmCodeMap = {
        var meanings: [String: Meaning] = [:]
        for (name, priority, codes) in standardTable {
            let standardCode = codes[0]
            for code in codes { meanings[code] = Meaning(name: name, eventType: standardCode, priority: priority) }
            meanings[name] = Meaning(name: name, eventType: standardCode, priority: priority)
        }
        return AlarmCodeMap(version: "standard-1", meanings: meanings)
    }()

    /// Name, priority, codes (the first is the standard one). Priorities: 0 outage and danger, 1 tamper and theft, 2 power
    /// quality and measurement faults, 3 maintenance, 4 information.
    private static let standardTable: [(name: String, priority: UInt8, codes: [String])] = [
        ("power_down", 0, ["3.26.0.47", "3.26.17.185", "3.26.9.185"]),
        ("last_gasp", 0, ["3.26.136.47"]),
        ("power_up", 0, ["3.26.0.216", "3.26.17.216", "3.26.136.216", "3.26.9.216"]),
        ("load_side_voltage", 0, ["3.31.1.143"]),
        ("key_mismatch", 0, ["3.23.136.85"]),
        ("tamper", 1, ["3.12.0.257", "3.33.1.257", "3.12.93.219", "3.12.17.257"]),
        ("tamper_cleared", 4, ["3.12.93.28"]),
        ("reverse_energy", 1, ["3.33.1.219", "3.12.48.219", "3.38.1.139"]),
        ("reverse_energy_cleared", 4, ["3.12.48.28"]),
        ("high_temperature", 1, ["3.35.0.40"]),
        ("high_temperature_cleared", 4, ["3.35.0.28"]),
        ("access_denied", 1, ["3.12.136.38", "3.12.136.85", "3.9.83.159"]),
        ("under_voltage", 2, ["3.26.38.150", "3.26.38.47"]),
        ("under_voltage_cleared", 4, ["3.26.38.37"]),
        ("over_voltage", 2, ["3.26.38.93"]),
        ("over_voltage_cleared", 4, ["3.26.38.73"]),
        ("voltage_sag", 2, ["3.21.38.223", "3.21.43.223"]),
        ("voltage_swell", 2, ["3.21.38.248", "3.21.43.248"]),
        ("clock_error", 2, ["3.36.0.79", "3.36.114.73", "3.36.136.73", "3.36.136.79", "3.36.114.159"]),
        ("measurement_error", 2, ["3.21.67.79", "3.21.18.79"]),
        ("trap_flood", 2, ["3.23.17.139"]),
        ("battery_low", 3, ["3.2.22.150", "3.7.22.4"]),
        ("battery_cleared", 4, ["3.2.22.28"]),
        ("demand_reset", 3, ["3.8.0.215"]),
        ("test_mode_start", 3, ["3.7.19.242", "3.22.19.242"]),
        ("test_mode_stop", 3, ["3.7.19.243", "3.22.12.243"]),
    ]
}

extension AlarmCodeMap.Meaning {
    var eventKind: DeviceEventKind? { AlarmCodeMap.eventKinds[name] }
}
