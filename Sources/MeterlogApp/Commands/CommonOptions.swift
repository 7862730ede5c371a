import ArgumentParser
import Logging
import Monitoring
import Settings

/// Options of every command: where the configuration is, and how much is logged.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: "Configuration file (YAML). Default: METERLOG_CONFIG, else none.")
    var config: String?

    @Option(name: .long, help: "Folder with topics/ and migrations/. Default: METERLOG_HOME, else the current folder.")
    var home: String?

    @Option(name: .long, help: "trace, debug, info, notice, warning, error or critical.")
    var logLevel: String?

    @Option(name: .long, help: "text (key=value) or json. Default: METERLOG_LOG_FORMAT, else text.")
    var logFormat: String?

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
        if let logFormat {
            guard LogFormat(rawValue: logFormat) != nil else { throw ValidationError("--log-format is text or json") }
            settings.logFormat = logFormat
        }
        return settings
    }
}

extension Settings {
    /// A logger to standard error, at the configured level and in the configured format. The label's last part is the service.
    func logger(_ label: String) -> Logger {
        let service = label.split(separator: ".").last.map { String($0) } ?? label
        let format = LogFormat(rawValue: logFormat) ?? .text
        let level = Logger.Level(rawValue: logLevel) ?? .info
        var logger = Logger(label: label) { _ in StructuredLogHandler(service: service, format: format, level: level) }
        logger.logLevel = level
        return logger
    }
}
