/// Named figures in a fixed order, as one JSON object or as lines for people.
package struct BenchResult: Sendable {
    package enum Figure: Sendable, Equatable {
        case text(String)
        case integer(Int64)
        /// Printed with so many decimals.
        case number(Double, decimals: Int)
        case flag(Bool)
        /// Several of one kind.
        case list([Figure])
        /// Figures of their own.
        case group([Entry])
        /// Not measured.
        case unknown
    }

    /// A figure and what it is.
    package struct Entry: Sendable, Equatable {
        package let name: String
        package let figure: Figure

        package init(_ name: String, _ figure: Figure) {
            self.name = name
            self.figure = figure
        }
    }

    package private(set) var figures: [(name: String, figure: Figure)] = []

    package init() {}

    package mutating func add(_ name: String, _ figure: Figure) {
        figures.append((name, figure))
    }

    /// One line, keys in the order they were added.
    package var json: String {
        "{" + figures.map { "\(BenchResult.quote($0.name)):\(BenchResult.json($0.figure))" }.joined(separator: ",")
            + "}"
    }

    /// One figure a line, names aligned.
    package var table: String {
        let width = figures.map(\.name.count).max() ?? 0
        return figures.map { name, figure in
            name + String(repeating: " ", count: width - name.count + 2) + BenchResult.plain(figure)
        }.joined(separator: "\n")
    }

    private static func json(_ figure: Figure) -> String {
        switch figure {
        case .text(let text): quote(text)
        case .integer(let value): "\(value)"
        case .number(let value, let decimals): decimal(value, decimals)
        case .flag(let value): value ? "true" : "false"
        case .list(let figures): "[" + figures.map { json($0) }.joined(separator: ",") + "]"
        case .group(let entries):
            "{" + entries.map { "\(quote($0.name)):\(json($0.figure))" }.joined(separator: ",") + "}"
        case .unknown: "null"
        }
    }

    private static func plain(_ figure: Figure) -> String {
        switch figure {
        case .text(let text): text
        case .unknown: "not measured"
        default: json(figure)
        }
    }

    private static func quote(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            default:
                if scalar.value < 0x20 {
                    let digits = String(scalar.value, radix: 16)
                    result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    result.unicodeScalars.append(scalar)
                }
            }
        }
        return result + "\""
    }

    /// Fixed decimals; JSON has no infinities.
    private static func decimal(_ value: Double, _ decimals: Int) -> String {
        guard value.isFinite, abs(value) < 1e15 else { return "null" }
        guard decimals > 0 else { return "\(Int64(value.rounded()))" }
        var scale: Int64 = 1
        for _ in 0..<min(decimals, 3) { scale *= 10 }
        let scaled = Int64((abs(value) * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let zeros = String(repeating: "0", count: min(decimals, 3) - fraction.count)
        return (value < 0 && scaled > 0 ? "-" : "") + "\(scaled / scale)." + zeros + fraction
    }
}
