import MeterCore
import MeterFormats

/// A batch as JSON text in one fixed form: what the expected files of the vectors hold.
enum BatchText {
    static func text(of result: Result<ReadingBatch, DecodeError>, mediaType: String) -> String {
        var lines = ["{", "  \"mediaType\": \(quoted(mediaType)),"]
        switch result {
        case .failure(let error):
            lines.append("  \"error\": \(place(error.code, error.line, error.byteOffset)),")
            lines.append("  \"reason\": \(quoted(error.reason))")
        case .success(let batch):
            lines += list("series", batch.series.map { series($0, of: batch) }, comma: true)
            lines += list("registers", batch.registers.map(register), comma: true)
            lines += list("events", batch.events.map(event), comma: true)
            lines += control(batch)
            lines += list("rejects", batch.rejects.map { place($0.code, $0.line, $0.byteOffset) }, comma: false)
        }
        return (lines + ["}", ""]).joined(separator: "\n")
    }

    /// What the payloads of the control plane say; nothing where there is none.
    private static func control(_ batch: ReadingBatch) -> [String] {
        var lines: [String] = []
        if !batch.meters.isEmpty { lines += list("meters", batch.meters.map(meter), comma: true) }
        if !batch.edits.isEmpty { lines += list("edits", batch.edits.map(edit), comma: true) }
        if !batch.forceEstimates.isEmpty {
            lines += list("forceEstimates", batch.forceEstimates.map(order), comma: true)
        }
        if !batch.weather.isEmpty { lines += list("weather", batch.weather.map(weather), comma: true) }
        if let rules = batch.ruleSet {
            lines.append(
                "  \"ruleSet\": {\"from\": \(quoted("\(rules.effectiveFrom)")), \"json\": \(quoted(rules.json))},"
            )
        }
        return lines
    }

    private static func object(_ members: [(String, String)]) -> String {
        "{" + members.map { "\(quoted($0)): \($1)" }.joined(separator: ", ") + "}"
    }

    private static func instant(_ instant: Instant?) -> String { instant.map { quoted("\($0)") } ?? "null" }

    private static func meter(_ meter: MeterRegistration) -> String {
        object([
            ("meter", quoted(meter.meter)), ("zone", quoted(meter.zone)), ("group", quoted(meter.group)),
            ("transformer", quoted(meter.transformer)), ("feeder", quoted(meter.feeder)),
            ("commodity", quoted(meter.commodity)), ("customerClass", quoted(meter.customerClass)),
            ("status", quoted(meter.status.name)), ("installedFrom", instant(meter.installedFrom)),
            ("installedTo", instant(meter.installedTo)), ("hasGeneration", "\(meter.hasGeneration)"),
            ("weatherStation", quoted(meter.weatherStation)), ("millivolts", "\(meter.nominalVoltageMillivolts)"),
            ("milliamperes", "\(meter.maximumCurrentMilliamperes)"), ("phases", "\(meter.phases)"),
            ("channels", "[" + meter.channels.map(channel).joined(separator: ", ") + "]"),
        ])
    }

    private static func channel(_ channel: ChannelRegistration) -> String {
        object([
            ("channel", quoted(channel.channel)), ("unit", quoted(channel.unit.symbol)),
            ("kind", quoted(channel.kind.name)), ("interval", "\(channel.intervalSeconds)"),
            ("multiplier", "\(channel.multiplierBillionths)"), ("digits", "\(channel.digits)"),
            ("watts", "\(channel.capacityWatts)"), ("checkOf", quoted(channel.checkOf)),
        ])
    }

    private static func edit(_ edit: ManualEdit) -> String {
        var values = "null"
        if case .setValues(let seconds, let billionths) = edit.action {
            values = "[\(seconds), \(billionths.map { "\($0)" }.joined(separator: ", "))]"
        }
        return object([
            ("meter", quoted(edit.meter)), ("channel", quoted(edit.channel)), ("from", instant(edit.start)),
            ("to", instant(edit.end)), ("action", quoted(edit.action.name)), ("values", values),
            ("user", quoted(edit.user)), ("reason", quoted(edit.reason)),
        ])
    }

    private static func order(_ order: ForceEstimate) -> String {
        object([
            ("group", quoted(order.group)), ("meters", "[" + order.meters.map(quoted).joined(separator: ", ") + "]"),
            ("from", instant(order.from)), ("to", instant(order.to)), ("user", quoted(order.user)),
            ("reason", quoted(order.reason)),
        ])
    }

    private static func weather(_ weather: WeatherReadings) -> String {
        object([
            ("station", quoted(weather.station)), ("start", instant(weather.start)),
            ("interval", "\(weather.intervalSeconds)"),
            ("milliCelsius", "[" + weather.milliDegreesCelsius.map { "\($0)" }.joined(separator: ", ") + "]"),
        ])
    }

    private static func list(_ name: String, _ items: [String], comma: Bool) -> [String] {
        let end = comma ? "]," : "]"
        guard !items.isEmpty else { return ["  \"\(name)\": [\(end)"] }
        let rows = items.enumerated().map { "    \($1)" + ($0 + 1 < items.count ? "," : "") }
        return ["  \"\(name)\": ["] + rows + ["  \(end)"]
    }

    private static func series(_ series: ReadingBatch.Series, of batch: ReadingBatch) -> String {
        let values = series.values.map { index in
            let end = Instant(secondsSinceEpoch: batch.endSeconds[index])
            let quality = Quality(rawValue: batch.quality[index])?.name ?? "?"
            var fields = [
                quoted(end.description), quoted("\(Quantity(billionths: batch.billionths[index]))"), quoted(quality),
            ]
            if batch.sourceStatus[index] != 0 || batch.sourceVersion[index] != 0 {
                fields += ["\(batch.sourceStatus[index])", "\(batch.sourceVersion[index])"]
            }
            for bit in 0..<16 where batch.flags[index] & (1 << UInt16(bit)) != 0 {
                fields.append(quoted(IntervalFlags.names[bit]))
            }
            return "[" + fields.joined(separator: ", ") + "]"
        }
        let head =
            [
                "\"meter\": \(quoted(series.meter))", "\"channel\": \(quoted(series.channel))",
                "\"unit\": \(quoted(series.unit.symbol))", "\"zone\": \(quoted(series.zone))",
                "\"interval\": \(series.intervalSeconds)", "\"serial\": \(quoted(series.serial))",
                "\"configuration\": \(quoted(series.configuration))",
            ] + frame(series)
        let rows = values.map { "      \($0)" }.joined(separator: ",\n")
        return "{" + head.joined(separator: ", ") + ", \"values\": [\n" + rows + "\n    ]}"
    }

    /// What the device said beside the values.
    private static func frame(_ series: ReadingBatch.Series) -> [String] {
        var members: [String] = []
        if series.meterClock != nil { members.append("\"meterClock\": \(instant(series.meterClock))") }
        if series.multiplierBillionths != 0 { members.append("\"multiplier\": \(series.multiplierBillionths)") }
        if series.frameCounter != 0 { members.append("\"frameCounter\": \(series.frameCounter)") }
        return members
    }

    private static func register(_ read: RegisterRead) -> String {
        let index = { (quantity: Quantity?) in quantity.map { quoted("\($0)") } ?? "null" }
        var members = [
            "\"meter\": \(quoted(read.meter))", "\"channel\": \(quoted(read.channel))",
            "\"unit\": \(quoted(read.unit.symbol))", "\"zone\": \(quoted(read.zone))",
            "\"serial\": \(quoted(read.serial))", "\"from\": \(quoted("\(read.from)"))",
            "\"to\": \(quoted("\(read.to)"))", "\"previous\": \(index(read.previousIndex))",
            "\"current\": \(index(read.currentIndex))", "\"quantity\": \(index(read.quantity))",
            "\"quality\": \(quoted(read.quality.name))", "\"status\": \(read.sourceStatus)",
            "\"version\": \(read.sourceVersion)",
        ]
        if !read.touCode.isEmpty { members.append("\"tou\": \(quoted(read.touCode))") }
        if read.meterClock != nil { members.append("\"meterClock\": \(instant(read.meterClock))") }
        return "{" + members.joined(separator: ", ") + "}"
    }

    private static func event(_ event: DeviceEvent) -> String {
        "{\"meter\": \(quoted(event.meter)), \"code\": \(quoted(event.code)), \"at\": \(quoted("\(event.occurredAt)")), "
            + "\"text\": \(quoted(event.text)), \"id\": \(quoted(event.id))}"
    }

    private static func place(_ code: DecodeCode, _ line: Int?, _ byteOffset: Int) -> String {
        "{\"code\": \(quoted(code.rawValue)), \"line\": \(line.map(String.init) ?? "null"), \"byteOffset\": \(byteOffset)}"
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": result += "\\" + String(scalar)
            case "\n": result += "\\n"
            case "\t": result += "\\t"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
