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
            lines += list("rejects", batch.rejects.map { place($0.code, $0.line, $0.byteOffset) }, comma: false)
        }
        return (lines + ["}", ""]).joined(separator: "\n")
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
            return "[" + fields.joined(separator: ", ") + "]"
        }
        let head = [
            "\"meter\": \(quoted(series.meter))", "\"channel\": \(quoted(series.channel))",
            "\"unit\": \(quoted(series.unit.symbol))", "\"zone\": \(quoted(series.zone))",
            "\"interval\": \(series.intervalSeconds)", "\"serial\": \(quoted(series.serial))",
            "\"configuration\": \(quoted(series.configuration))",
        ]
        let rows = values.map { "      \($0)" }.joined(separator: ",\n")
        return "{" + head.joined(separator: ", ") + ", \"values\": [\n" + rows + "\n    ]}"
    }

    private static func register(_ read: RegisterRead) -> String {
        let index = { (quantity: Quantity?) in quantity.map { quoted("\($0)") } ?? "null" }
        return "{"
            + [
                "\"meter\": \(quoted(read.meter))", "\"channel\": \(quoted(read.channel))",
                "\"unit\": \(quoted(read.unit.symbol))", "\"zone\": \(quoted(read.zone))",
                "\"serial\": \(quoted(read.serial))", "\"from\": \(quoted("\(read.from)"))",
                "\"to\": \(quoted("\(read.to)"))", "\"previous\": \(index(read.previousIndex))",
                "\"current\": \(index(read.currentIndex))", "\"quantity\": \(quoted("\(read.quantity)"))",
                "\"quality\": \(quoted(read.quality.name))", "\"status\": \(read.sourceStatus)",
                "\"version\": \(read.sourceVersion)",
            ].joined(separator: ", ") + "}"
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
