import PostgresIO

/// The SQL of one page and its parameters.
struct PageStatement: Sendable {
    private(set) var sql = ""
    private(set) var parameters: [PostgresParameter] = []

    init(_ request: PageRequest) {
        let definition = PageDefinition.of(request.kind)
        if definition.isByChannel {
            buildByChannel(request, definition)
        } else {
            buildPlain(request, definition)
        }
    }

    /// One row more than the page holds, to know whether another page follows.
    private static func rowLimit(_ request: PageRequest) -> PostgresParameter { .int64(Int64(request.limit) + 1) }

    private mutating func buildPlain(_ request: PageRequest, _ definition: PageDefinition) {
        let keys = definition.keys.map { "\($0.column)" }
        var conditions: [String] = []
        if let meter = request.meter { conditions.append("meter_id = \(place(.text(meter)))") }
        conditions += request.filters.map { condition($0.filter.condition, $0.value) }
        if let cursor = request.cursor {
            let places = cursor.values.map { place(Self.parameter($0)) }
            let comparison = definition.isDescending ? "<" : ">"
            conditions.append("(\(Self.list(keys))) \(comparison) (\(Self.list(places)))")
        }
        let order = keys.map { definition.isDescending ? "\($0) DESC" : $0 }
        sql = "SELECT \(Self.list(definition.columns.map { "\($0)" })) FROM \(definition.view)"
        if !conditions.isEmpty { sql += " WHERE \(conditions.joined(separator: " AND "))" }
        sql += " ORDER BY \(Self.list(order)) LIMIT \(place(Self.rowLimit(request)))"
    }

    /// For each channel of the meter, from the cursor's on, at most a page of rows straight from the index.
    private mutating func buildByChannel(_ request: PageRequest, _ definition: PageDefinition) {
        let innerKeys = definition.keys.dropFirst().map { "\($0.column)" }
        let innerColumns = definition.columns.map { "r.\($0)" }
        var channels = ["m.meter_id = \(place(.text(request.meter ?? "")))"]
        var rows = ["r.channel_key = m.channel_key"]
        for (filter, value) in request.filters {
            if filter.parameter == "channel" {
                channels.append("m.channel = \(place(value))")
            } else {
                rows.append(condition(filter.condition, value))
            }
        }
        if let cursor = request.cursor {
            let places = cursor.values.map { place(Self.parameter($0)) }
            channels.append("m.channel >= \(places[0])")
            // Only the cursor's own channel goes on after the cursor; the ones behind it begin at their beginning.
            rows.append("r.interval_end >= CASE WHEN m.channel = \(places[0]) THEN \(places[1]) ELSE '-infinity' END")
            let after = "(\(Self.list(innerKeys.map { "r.\($0)" }))) > (\(Self.list(Array(places.dropFirst()))))"
            rows.append("(m.channel <> \(places[0]) OR \(after))")
        }
        let limit = place(Self.rowLimit(request))
        sql = """
            SELECT p.* FROM meters m CROSS JOIN LATERAL (\
            SELECT \(Self.list(innerColumns)) FROM \(definition.view) r WHERE \(rows.joined(separator: " AND ")) \
            ORDER BY \(Self.list(innerKeys.map { "r.\($0)" })) LIMIT \(limit)) p \
            WHERE \(channels.joined(separator: " AND ")) \
            ORDER BY m.channel, \(Self.list(innerKeys.map { "p.\($0)" })) LIMIT \(limit)
            """
    }

    private mutating func place(_ value: PostgresParameter) -> String {
        parameters.append(value)
        return "$\(parameters.count)"
    }

    private mutating func condition(_ text: StaticString, _ value: PostgresParameter) -> String {
        let place = place(value)
        return "\(text)".split(separator: "?", omittingEmptySubsequences: false).joined(separator: place)
    }

    private static func list(_ items: [String]) -> String { items.joined(separator: ", ") }

    private static func parameter(_ value: PageCursor.Value) -> PostgresParameter {
        switch value {
        case .text(let text): .text(text)
        case .integer(let number): .int64(number)
        case .timestamp(let microseconds): .timestamp(microseconds: microseconds)
        }
    }
}
