package import HTTPServing
import HTTPTypes
import MeterCore

/// The parameters of one request's query part, each named at most once and only those the route knows.
package struct QueryParameters {
    private let values: [String: String]

    /// Longest accepted value in bytes; ids and timestamps are far shorter.
    static let maxValueBytes = 512

    /// - Parameters:
    ///   - query: the part after the question mark, as sent.
    ///   - known: the names the route takes, in the order they are told to the client.
    package init(_ query: String?, known: [String]) throws(ProblemDocument) {
        var values: [String: String] = [:]
        for pair in (query ?? "").split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentText.decode(parts[0]),
                let value = PercentText.decode(parts.count == 2 ? parts[1] : "")
            else {
                throw Self.problem("the query has a broken percent escape, text that is no UTF-8, or a NUL")
            }
            guard known.contains(name) else {
                let list = known.isEmpty ? "no parameters" : known.joined(separator: ", ")
                throw Self.problem("there is no parameter \(Self.shown(name)) here; this route takes \(list)")
            }
            guard values.updateValue(value, forKey: name) == nil else {
                throw Self.problem("parameter \(name) is given twice; give it once")
            }
            guard value.utf8.count <= Self.maxValueBytes else {
                throw Self.problem("parameter \(name) is longer than \(Self.maxValueBytes) bytes")
            }
        }
        self.values = values
    }

    /// A value that is not empty.
    package func text(_ name: String) throws(ProblemDocument) -> String? {
        guard let value = values[name] else { return nil }
        guard !value.isEmpty else { throw Self.problem("parameter \(name) is empty; leave it out or give it a value") }
        return value
    }

    /// A value that may be empty.
    package func anyText(_ name: String) -> String? { values[name] }

    package func word(_ name: String, among words: [String]) throws(ProblemDocument) -> String? {
        guard let text = try text(name) else { return nil }
        guard words.contains(text) else {
            throw Self.problem("parameter \(name) must be one of \(words.joined(separator: ", "))")
        }
        return text
    }

    package func integer(_ name: String, in range: ClosedRange<Int>) throws(ProblemDocument) -> Int? {
        guard let text = try text(name) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Self.problem(
                "parameter \(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)"
            )
        }
        return number
    }

    package func boolean(_ name: String) throws(ProblemDocument) -> Bool? {
        switch try text(name) {
        case nil: nil
        case "true": true
        case "false": false
        default: throw Self.problem("parameter \(name) must be true or false")
        }
    }

    /// Microseconds since 1970-01-01T00:00:00Z of an ISO 8601 timestamp that names its offset.
    package func microseconds(_ name: String) throws(ProblemDocument) -> Int64? {
        guard let text = try text(name) else { return nil }
        let bytes = Array(text.utf8)
        guard let timestamp = TimestampText(bytes.span, 0..<bytes.count) else {
            throw Self.problem("parameter \(name) must be an ISO 8601 timestamp such as 2026-03-29T00:00:00Z")
        }
        guard let instant = timestamp.instant else {
            throw Self.problem(
                "parameter \(name) names no offset from UTC; end it with Z or an offset such as +02:00"
            )
        }
        return instant.secondsSinceEpoch * 1_000_000 + Int64(timestamp.nanoseconds / 1000)
    }

    static func problem(_ detail: String) -> ProblemDocument {
        ProblemDocument(.badRequest, kind: "bad-parameter", title: "A parameter is wrong", detail: detail)
    }

    /// A client's own word in an answer: short and without anything that could be taken for our text.
    private static func shown(_ text: String) -> String {
        let kept = text.unicodeScalars.prefix(40).filter { $0.isASCII && $0.properties.isAlphabetic || $0 == "_" }
        return "'\(String(String.UnicodeScalarView(kept)))'"
    }
}
