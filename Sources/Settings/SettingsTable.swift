import MeterCore

/// Every setting once: its key, and how a text becomes its value. File and environment read from the same table.
enum SettingsTable {
    /// Sets one value of the settings from text; throws `wrongValue`.
    struct Field: Sendable {
        let set: @Sendable (inout Settings, String, _ origin: String, _ key: String) throws(SettingsError) -> Void
    }

    indirect enum Entry: Sendable {
        case field(Field)
        /// A list of texts, or one text with commas.
        case list(Field)
        /// Free text keys.
        case table(@Sendable (inout Settings, [String: String]) -> Void)
        case section([(String, Entry)])
    }

    static let root: [(String, Entry)] = [
        ("kafka", .section(kafka)),
        ("database_url", .field(text { $0.databaseURL = $1 })),
        ("data_directory", .field(text { $0.dataDirectory = $1 })),
        ("home", .field(text { $0.home = $1 })),
        ("zoneinfo_directory", .field(text { $0.zoneInfoDirectory = $1 })),
        ("log_level", .field(choice(logLevels) { $0.logLevel = $1 })),
        ("log_format", .field(choice(logFormats) { $0.logFormat = $1 })),
        ("metrics", .section(metrics)),
        ("broker", .section(broker)),
        ("gateway", .section(gateway)),
        ("api", .section(api)),
        ("stream", .section(stream)),
        ("vee", .section(vee)),
    ]

    static let environment: [(String, Field)] =
        logEnvironment + [
            ("METERLOG_DATABASE_URL", text { $0.databaseURL = $1 }),
            ("METERLOG_DATA_DIRECTORY", text { $0.dataDirectory = $1 }),
            ("METERLOG_HOME", text { $0.home = $1 }),
            ("METERLOG_LOG_LEVEL", choice(logLevels) { $0.logLevel = $1 }),
            ("METERLOG_LOG_FORMAT", choice(logFormats) { $0.logFormat = $1 }),
            ("METERLOG_METRICS_ADDRESS", metricsAddress),
            ("METERLOG_GATEWAY_HOST", text { $0.gateway.host = $1 }),
            ("METERLOG_GATEWAY_PORT", number(0...65_535) { $0.gateway.port = $1 }),
            ("METERLOG_GATEWAY_SIMULATED_CLOCK", flag { $0.gateway.usesSimulatedClock = $1 }),
            ("METERLOG_API_HOST", text { $0.api.host = $1 }),
            ("METERLOG_API_PORT", number(0...65_535) { $0.api.port = $1 }),
            ("METERLOG_VEE_WINDOW", window { $0.vee.window = $1 }),
            ("METERLOG_VEE_DAILY_WINDOW", window { $0.vee.dailyWindow = $1 }),
            ("METERLOG_VEE_RULES_FILE", text { $0.vee.rulesFile = $1 }),
            ("METERLOG_COMMIT_INTERVAL_MS", number(1...60_000) { $0.stream.commitIntervalMilliseconds = $1 }),
        ]

    private static let logLevels = ["trace", "debug", "info", "notice", "warning", "error", "critical"]

    private static let logFormats = ["text", "json"]

    private static let metrics: [(String, Entry)] = [
        ("address", .field(metricsAddress)),
        ("tokens", .table { $0.metrics.tokens = $1 }),
    ]

    private static let metricsAddress = Field { settings, value, origin, key throws(SettingsError) in
        guard let address = Settings.Metrics.Address(text: value) else {
            throw .wrongValue(origin: origin, key: key, value: value, expected: "auto, off or HOST:PORT")
        }
        settings.metrics.address = address
    }

    private static let gateway: [(String, Entry)] = [
        ("host", .field(text { $0.gateway.host = $1 })),
        ("port", .field(number(0...65_535) { $0.gateway.port = $1 })),
        ("tokens", .table { $0.gateway.tokens = $1 }),
        ("max_body_megabytes", .field(number(1...1024) { $0.gateway.maxBodyMegabytes = $1 })),
        ("max_unpacked_megabytes", .field(number(1...4096) { $0.gateway.maxUnpackedMegabytes = $1 })),
        ("tick_interval_seconds", .field(number(1...3600) { $0.gateway.tickIntervalSeconds = $1 })),
        ("simulated_clock", .field(flag { $0.gateway.usesSimulatedClock = $1 })),
    ]

    private static let api: [(String, Entry)] = [
        ("host", .field(text { $0.api.host = $1 })),
        ("port", .field(number(0...65_535) { $0.api.port = $1 })),
        ("tokens", .table { $0.api.tokens = $1 }),
    ]

    private static let stream: [(String, Entry)] = [
        ("normalizer_threads", .field(number(1...256) { $0.stream.normalizerThreads = $1 })),
        ("vee_threads", .field(number(1...256) { $0.stream.veeThreads = $1 })),
        ("alarm_threads", .field(number(1...256) { $0.stream.alarmThreads = $1 })),
        ("commit_interval_ms", .field(number(1...60_000) { $0.stream.commitIntervalMilliseconds = $1 })),
    ]

    private static let vee: [(String, Entry)] = [
        ("grace_hours", .field(number(0...8760) { $0.vee.graceHours = $1 })),
        ("late_grace_hours", .field(number(0...8760) { $0.vee.lateGraceHours = $1 })),
        ("window", .field(window { $0.vee.window = $1 })),
        ("daily_window", .field(window { $0.vee.dailyWindow = $1 })),
        ("silent_days", .field(number(0...45) { $0.vee.silentDays = $1 })),
        ("history_days", .field(number(2...3660) { $0.vee.historyDays = $1 })),
        ("rules_file", .field(text { $0.vee.rulesFile = $1 })),
    ]

    private static func window(_ assign: @escaping @Sendable (inout Settings, WindowLength) -> Void) -> Field {
        Field { settings, value, origin, key throws(SettingsError) in
            guard let window = WindowLength(value) else {
                throw .wrongValue(
                    origin: origin,
                    key: key,
                    value: value,
                    expected: "day, week, month, hours such as 6h (1, 2, 3, 4, 6, 8, 12) or days such as 14d (2 to 31)"
                )
            }
            assign(&settings, window)
        }
    }

    static func text(_ assign: @escaping @Sendable (inout Settings, String) -> Void) -> Field {
        Field { settings, value, _, _ throws(SettingsError) in assign(&settings, value) }
    }

    static func number(
        _ range: ClosedRange<Int>,
        _ assign: @escaping @Sendable (inout Settings, Int) -> Void
    ) -> Field {
        Field { settings, value, origin, key throws(SettingsError) in
            guard let number = Int(value), range.contains(number) else {
                throw .wrongValue(
                    origin: origin,
                    key: key,
                    value: value,
                    expected: "a whole number from \(range.lowerBound) to \(range.upperBound)"
                )
            }
            assign(&settings, number)
        }
    }

    static func flag(_ assign: @escaping @Sendable (inout Settings, Bool) -> Void) -> Field {
        Field { settings, value, origin, key throws(SettingsError) in
            switch value.lowercased() {
            case "true", "yes", "1": assign(&settings, true)
            case "false", "no", "0": assign(&settings, false)
            default: throw .wrongValue(origin: origin, key: key, value: value, expected: "true or false")
            }
        }
    }

    static func choice(
        _ words: [String],
        _ assign: @escaping @Sendable (inout Settings, String) -> Void
    ) -> Field {
        Field { settings, value, origin, key throws(SettingsError) in
            guard words.contains(value) else {
                throw .wrongValue(
                    origin: origin,
                    key: key,
                    value: value,
                    expected: "one of " + words.joined(separator: ", ")
                )
            }
            assign(&settings, value)
        }
    }

    static func trim(_ text: Substring) -> String {
        String(text.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }
}
