import ArgumentParser
import MeterFormats

/// What the command line says about a format; it becomes the media type's parameters, so that the stored payload can be decoded again
/// from itself alone.
struct MediaTypeOptions: ParsableArguments {
    @Option(help: "Format: \(FormatCatalog.formats.map(\.name).joined(separator: ", ")).")
    var format: String

    @Option(help: "mapped-csv, aws-guidance-csv: IANA time zone of times without an offset, such as Europe/Berlin.")
    var timezone: String?

    @Option(help: "mapped-csv: CSV file with columns meter and timezone; the file's or column's name picks the row.")
    var timezoneMap: String?

    @Option(help: "mapped-csv: column of the time, by name or number from 1 (default 1).")
    var time: String?

    @Option(help: "mapped-csv: columns of the values, by name or number, with commas (default 2).")
    var value: String?

    @Option(help: "mapped-csv: the meter's id, the same for the whole file.")
    var meter: String?

    @Option(
        help: "mapped-csv: column with the meter's id. Without --meter and this, the value column's name is the id."
    )
    var meterColumn: String?

    @Option(help: "mapped-csv: unit of the values (default kWh). W and kW are a power, unless --as energy is given.")
    var unit: String?

    @Option(name: .customLong("as"), help: "mapped-csv: energy, where values are mean W or kW of their interval.")
    var valuesAs: String?

    @Option(
        help: """
            mapped-csv, aws-guidance-csv: interval length, such as 15m, 1h, 1d or seconds. Default: what the file's times \
            show, else 1h; aws-guidance-csv 15m.
            """
    )
    var interval: String?

    @Option(help: "mapped-csv: what the time stands for, start or end of the interval (default end).")
    var stamp: String?

    @Option(help: "mapped-csv: name of the channel (default 1-0:1.8.0).")
    var channel: String?

    @Option(
        help: "mapped-csv: column that names the channel, where lines of several registers or directions are mixed."
    )
    var channelColumn: String?

    @Option(help: "mapped-csv: column and word that mark a value as an estimate, such as Ersatzwert=Ja.")
    var estimatedColumn: String?

    @Option(
        help:
            "mapped-csv: decimal mark, a point or a comma. Default: what the file shows, where the delimiter is no comma."
    )
    var decimal: String?

    @Option(help: "mapped-csv: field delimiter (default comma).")
    var delimiter: String?

    @Option(help: "mapped-csv: date format, see docs/formats.md.")
    var dateFormat: String?

    @Flag(help: "mapped-csv: the file has no header line.")
    var noHeader = false

    @Option(help: "Further media type parameter NAME=VALUE; may be given several times.")
    var parameter: [String] = []

    func validate() throws {
        guard FormatCatalog.format(named: format) != nil else {
            let known = FormatCatalog.formats.map(\.name).joined(separator: ", ")
            throw ValidationError("--format \(format) is not known; known: \(known)")
        }
        if let interval, MediaTypeOptions.seconds(interval) == nil {
            throw ValidationError("--interval \(interval) is not a length such as 15m, 1h, 1d or 900")
        }
    }

    /// The media type of a file's payloads.
    /// - Parameters:
    ///   - zone: the zone of this file, when a map gave it.
    ///   - survey: what the whole file shows, for what was not stated.
    func mediaType(zone: String?, survey: TableSurvey? = nil) throws -> String {
        guard let description = FormatCatalog.format(named: format) else {
            throw ValidationError("--format \(format) is not known")
        }
        var text = description.mediaType
        func add(_ name: String, _ value: String?) {
            guard let value else { return }
            let quoted = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            text += "; \(name)=\"\(quoted)\""
        }
        if format == MappedCSV.format.name { addMapping(zone: zone, survey, add) }
        if format == AWSGuidanceCSV.format.name {
            add("zone", zone ?? timezone)
            add("interval", interval.flatMap(MediaTypeOptions.seconds).map { String($0) })
        }
        for pair in parameter {
            guard let equals = pair.firstIndex(of: "=") else {
                throw ValidationError("--parameter \(pair) is not NAME=VALUE")
            }
            add(String(pair[..<equals]), String(pair[pair.index(after: equals)...]))
        }
        guard MediaType(text) != nil else { throw ValidationError("these options make no media type: \(text)") }
        return text
    }

    private func addMapping(zone: String?, _ survey: TableSurvey?, _ add: (String, String?) -> Void) {
        add("time", time ?? "1")
        add("value", value ?? "2")
        add("meter", meter)
        add("meter-column", meterColumn)
        if meter == nil, meterColumn == nil { add("meter-from", "header") }
        add("unit", unit ?? "kWh")
        add("as", valuesAs)
        // Pieces of a file must be read alike, so what only the whole file shows goes with each of them.
        add(
            "interval",
            (interval.flatMap(MediaTypeOptions.seconds) ?? survey.map { Int($0.intervalSeconds) }).map { String($0) }
        )
        add("zone", zone ?? timezone)
        add("stamp", stamp ?? "end")
        add("channel", channel)
        add("channel-column", channelColumn)
        add("estimated-column", estimatedColumn)
        add("decimal", decimal ?? (survey?.hasDecimalComma == true ? "," : nil))
        add("delimiter", delimiter)
        add("date-format", dateFormat)
        add("header", noHeader ? "0" : "1")
    }

    /// `900`, `15m`, `1h`, `1d`.
    static func seconds(_ text: String) -> Int? {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let last = text.last else { return nil }
        let factor = units[last] ?? 1
        let digits = units[last] == nil ? Substring(text) : text.dropLast()
        guard let number = Int(digits), number > 0, number <= 366 * 86_400 / factor else { return nil }
        return number * factor
    }
}
