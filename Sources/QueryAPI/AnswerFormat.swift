package import HTTPServing
import HTTPTypes

/// The media types rows are given in.
package enum AnswerFormat: String, CaseIterable {
    case json
    case csv

    var contentType: String {
        switch self {
        case .json: "application/json"
        case .csv: "text/csv; charset=utf-8; header=present"
        }
    }

    private var mediaType: (type: String, subtype: String) {
        switch self {
        case .json: ("application", "json")
        case .csv: ("text", "csv")
        }
    }

    /// The format a request asks for: the `format` parameter, else the best of the Accept header (RFC 9110, section
    /// 12.5.1), else JSON.
    ///
    /// - Throws: 400 for an unknown `format`, 406 where Accept leaves nothing we have.
    package static func negotiate(
        parameter: String?,
        accept: String?,
        offered: [AnswerFormat] = AnswerFormat.allCases
    ) throws(ProblemDocument) -> AnswerFormat {
        if let parameter {
            guard let format = AnswerFormat(rawValue: parameter), offered.contains(format) else {
                let names = offered.map(\.rawValue).joined(separator: " or ")
                throw QueryParameters.problem("parameter format must be \(names)")
            }
            return format
        }
        guard let accept, let first = offered.first else { return .json }
        var best = first
        var bestQuality = -1.0
        for format in offered {
            let quality = quality(of: format, in: accept)
            if quality > bestQuality {
                best = format
                bestQuality = quality
            }
        }
        guard bestQuality > 0 else {
            let names = offered.map { "\($0.mediaType.type)/\($0.mediaType.subtype)" }.joined(separator: " and ")
            throw ProblemDocument(
                .notAcceptable,
                kind: "not-acceptable",
                title: "No such media type",
                detail: "this route gives \(names); name one of them in Accept or leave Accept out"
            )
        }
        return best
    }

    /// The quality of the most specific range that covers the format; 0 where none does.
    private static func quality(of format: AnswerFormat, in accept: String) -> Double {
        var found = 0.0
        var foundSpecificity = -1
        for range in accept.split(separator: ",") {
            let parts = range.split(separator: ";").map { trimmed($0).lowercased() }
            let (type, subtype) = format.mediaType
            let specificity: Int
            switch parts.first {
            case "\(type)/\(subtype)": specificity = 2
            case "\(type)/*": specificity = 1
            case "*/*": specificity = 0
            default: continue
            }
            guard specificity > foundSpecificity else { continue }
            foundSpecificity = specificity
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }
            found = weight.flatMap { Double($0.dropFirst(2)) } ?? 1
        }
        return found
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text
        while text.first == " " || text.first == "\t" { text.removeFirst() }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}
