/// Writes metric families in the Prometheus text exposition format, version 0.0.4.
public struct PrometheusText {
    /// The media type of the page.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private(set) var text = ""

    mutating func append(name: String, family: MetricsRegistry.Family) {
        text += "# HELP \(name) \(Self.escapedHelp(family.help))\n# TYPE \(name) \(family.typeName)\n"
        for (labels, instrument) in family.series.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            switch instrument {
            case .counter(let counter):
                appendSample(name, labels, "\(counter.value)")
            case .seconds(let counter):
                appendSample(name, labels, Self.number(counter.seconds))
            case .gauge(let gauge):
                appendSample(name, labels, Self.number(gauge.value))
            case .histogram(let histogram):
                append(name, labels, histogram)
            }
        }
    }

    private mutating func append(_ name: String, _ labels: [MetricLabel], _ histogram: Histogram) {
        let snapshot = histogram.snapshot
        var cumulative: UInt64 = 0
        for (bound, count) in zip(histogram.bounds + [.infinity], snapshot.counts) {
            cumulative += count
            appendSample("\(name)_bucket", labels + [MetricLabel("le", Self.number(bound))], "\(cumulative)")
        }
        appendSample("\(name)_sum", labels, Self.number(snapshot.sum))
        appendSample("\(name)_count", labels, "\(cumulative)")
    }

    private mutating func appendSample(_ name: String, _ labels: [MetricLabel], _ value: String) {
        text += name
        if !labels.isEmpty {
            let list = labels.map { "\($0.name)=\"\(Self.escapedValue($0.value))\"" }
            text += "{\(list.joined(separator: ","))}"
        }
        text += " \(value)\n"
    }

    /// Whole numbers without a fraction, the rest as Swift's shortest form that reads back the same.
    static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if let whole = Int64(exactly: value), whole.magnitude < 1 << 53 { return "\(whole)" }
        return "\(value)"
    }

    private static func escapedValue(_ text: String) -> String {
        escaped(text, escapesQuotes: true)
    }

    private static func escapedHelp(_ text: String) -> String {
        escaped(text, escapesQuotes: false)
    }

    private static func escaped(_ text: String, escapesQuotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where escapesQuotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
