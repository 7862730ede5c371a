import Glibc
import HTTPServing
public import Logging

/// How log lines are written.
public enum LogFormat: String, Sendable, CaseIterable {
    /// `time=… level=… service=… code=… msg="…" key=value …`
    case text
    /// One JSON object a line.
    case json
}

/// Log lines with fields: time (UTC, milliseconds), level, service, the code of what went wrong where there is one, the message, and
/// what else was given. A line is one event, whatever its texts hold.
public struct StructuredLogHandler: LogHandler {
    /// Longest text of a field, in bytes; what is beyond is cut and marked.
    static let maxFieldBytes = 8_192

    public var logLevel: Logger.Level
    public var metadata: Logger.Metadata = [:]
    public var metadataProvider: Logger.MetadataProvider?

    private let service: String
    private let format: LogFormat
    private let write: @Sendable ([UInt8]) -> Void
    private let nowMilliseconds: @Sendable () -> Int64

    /// - Parameters:
    ///   - service: goes into every line, unless the metadata has a `service` of its own.
    ///   - write: takes whole lines; default standard error.
    ///   - nowMilliseconds: since 1970-01-01T00:00:00Z.
    public init(
        service: String,
        format: LogFormat,
        level: Logger.Level = .info,
        write: @escaping @Sendable ([UInt8]) -> Void = { LogOutput.standardError.write($0) },
        nowMilliseconds: @escaping @Sendable () -> Int64 = { LogTime.nowMilliseconds() }
    ) {
        self.service = service
        self.format = format
        self.logLevel = level
        self.write = write
        self.nowMilliseconds = nowMilliseconds
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        var fields = metadata
        if let provided = metadataProvider?.get() { fields.merge(provided) { _, new in new } }
        if let given = event.metadata { fields.merge(given) { _, new in new } }
        let service = fields.removeValue(forKey: "service").map { "\($0)" } ?? service
        let code = fields.removeValue(forKey: "code").map { "\($0)" }
        var line: [(String, String)] = [
            ("time", LogTime.text(milliseconds: nowMilliseconds())), ("level", event.level.rawValue),
            ("service", service),
        ]
        if let code { line.append(("code", code)) }
        line.append(("msg", event.message.description))
        for (key, value) in fields.sorted(by: { $0.key < $1.key }) {
            let isTaken = line.contains { $0.0 == key }
            line.append((isTaken ? "field_\(key)" : key, "\(value)"))
        }
        write(LogLine.bytes(line, format))
    }
}

/// Writes the fields of one line.
enum LogLine {
    static func bytes(_ fields: [(String, String)], _ format: LogFormat) -> [UInt8] {
        switch format {
        case .json: json(fields)
        case .text: text(fields)
        }
    }

    private static func json(_ fields: [(String, String)]) -> [UInt8] {
        var writer = JSONText()
        writer.beginObject()
        for (name, value) in fields { writer.member(name, limited(value)) }
        writer.endObject()
        return writer.bytes + [UInt8(ascii: "\n")]
    }

    private static func text(_ fields: [(String, String)]) -> [UInt8] {
        var line: [UInt8] = []
        for (name, value) in fields {
            if !line.isEmpty { line.append(UInt8(ascii: " ")) }
            line.append(contentsOf: name.utf8.map { isPlain($0) ? $0 : UInt8(ascii: "_") })
            line.append(UInt8(ascii: "="))
            append(limited(value), to: &line)
        }
        line.append(UInt8(ascii: "\n"))
        return line
    }

    /// As it is where it can't be misread, else in quotes with the escapes of JSON.
    private static func append(_ value: String, to line: inout [UInt8]) {
        if !value.isEmpty, value.utf8.allSatisfy(isPlain) { return line.append(contentsOf: value.utf8) }
        var writer = JSONText()
        writer.string(value)
        line.append(contentsOf: writer.bytes)
    }

    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x20 && byte < 0x7f && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "=")
            && byte != UInt8(ascii: "\\")
    }

    private static func limited(_ value: String) -> String {
        guard value.utf8.count > StructuredLogHandler.maxFieldBytes else { return value }
        return String(decoding: value.utf8.prefix(StructuredLogHandler.maxFieldBytes), as: UTF8.self) + "... (cut)"
    }
}

/// Time in log lines.
public enum LogTime {
    /// Wall clock, since 1970-01-01T00:00:00Z.
    public static func nowMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }

    /// RFC 3339 in UTC with milliseconds.
    static func text(milliseconds: Int64) -> String {
        var seconds = time_t(milliseconds / 1_000)
        var parts = tm()
        gmtime_r(&seconds, &parts)
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let date =
            "\(digits(Int(parts.tm_year) + 1_900, 4))-\(digits(Int(parts.tm_mon) + 1, 2))-\(digits(Int(parts.tm_mday), 2))"
        let time = "\(digits(Int(parts.tm_hour), 2)):\(digits(Int(parts.tm_min), 2)):\(digits(Int(parts.tm_sec), 2))"
        return "\(date)T\(time).\(digits(Int(milliseconds % 1_000), 3))Z"
    }
}
