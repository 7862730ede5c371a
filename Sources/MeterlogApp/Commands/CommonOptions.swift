import ArgumentParser
import Logging
import Settings

/// Options of every command: where the configuration is, and how much is logged.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: "Configuration file (YAML). Default: METERLOG_CONFIG, else none.")
    var config: String?

    @Option(name: .long, help: "Folder with topics/ and migrations/. Default: METERLOG_HOME, else the current folder.")
    var home: String?

    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    /// File, environment and these flags.
    func settings() throws -> Settings {
        var settings = try SettingsLoader(environment: ProcessEnvironment.variables).load(path: config)
        if let home { settings.home = home }
        if let logLevel {
            guard Logger.Level(rawValue: logLevel) != nil else {
                throw ValidationError("--log-level is trace, debug, info, notice, warning, error or critical")
            }
            settings.logLevel = logLevel
        }
        return settings
    }
}

extension Settings {
    /// A logger to standard error at the configured level.
    func logger(_ label: String) -> Logger {
        var logger = Logger(label: label) { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = Logger.Level(rawValue: logLevel) ?? .info
        return logger
    }
}
