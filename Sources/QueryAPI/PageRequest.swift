import HTTPServing
import PostgresIO

/// One request for a page, checked: which rows, how many, from where on, in which format.
struct PageRequest: Sendable {
    let kind: PageKind
    let meter: String?
    /// The filters given, in the order of the definition, with their values.
    let filters: [(filter: PageDefinition.Filter, value: PostgresParameter)]
    let limit: Int
    let cursor: PageCursor?
    let format: AnswerFormat

    init(
        kind: PageKind,
        meter: String?,
        query: String?,
        accept: String?,
        limits: QueryAPIConfiguration.Limits
    ) throws(ProblemDocument) {
        let definition = PageDefinition.of(kind)
        let parameters = try QueryParameters(query, known: definition.parameterNames)
        var filters: [(filter: PageDefinition.Filter, value: PostgresParameter)] = []
        for filter in definition.filters {
            if let value = try Self.value(of: filter, parameters) { filters.append((filter, value)) }
        }
        try Self.checkRange(parameters)
        self.kind = kind
        self.meter = meter
        self.filters = filters
        limit = try parameters.integer("limit", in: 1...limits.maxPageRows) ?? limits.defaultPageRows
        cursor = try Self.cursor(parameters, kind, definition)
        format = try AnswerFormat.negotiate(parameter: parameters.text("format"), accept: accept)
    }

    private static func value(
        of filter: PageDefinition.Filter,
        _ parameters: QueryParameters
    ) throws(ProblemDocument) -> PostgresParameter? {
        switch filter.type {
        case .text:
            guard let text = try parameters.text(filter.parameter) else { return nil }
            return .text(text)
        case .anyText:
            guard let text = parameters.anyText(filter.parameter) else { return nil }
            return .text(text)
        case .word(let words):
            guard let word = try parameters.word(filter.parameter, among: words) else { return nil }
            return .text(word)
        case .integer(let range):
            guard let number = try parameters.integer(filter.parameter, in: range) else { return nil }
            return .int32(Int32(clamping: number))
        case .boolean:
            guard let flag = try parameters.boolean(filter.parameter) else { return nil }
            return .bool(flag)
        case .timestamp:
            guard let microseconds = try parameters.microseconds(filter.parameter) else { return nil }
            return .timestamp(microseconds: microseconds)
        }
    }

    private static func checkRange(_ parameters: QueryParameters) throws(ProblemDocument) {
        guard let from = try parameters.microseconds("from"), let to = try parameters.microseconds("to") else { return }
        guard from < to else { throw QueryParameters.problem("parameter from must be earlier than parameter to") }
    }

    private static func cursor(
        _ parameters: QueryParameters,
        _ kind: PageKind,
        _ definition: PageDefinition
    ) throws(ProblemDocument) -> PageCursor? {
        guard let text = try parameters.text("next") else { return nil }
        guard let cursor = PageCursor(text, for: kind), cursor.values.count == definition.keys.count else {
            throw QueryParameters.problem("parameter next must be the value of \"next\" in the page before, unchanged")
        }
        return cursor
    }
}
