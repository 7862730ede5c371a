import HTTPServing
import PostgresIO

/// One page, encoded where its rows were read, and where the next one goes on.
struct Page: Sendable {
    let body: [UInt8]
    let next: String?
    let rowCount: Int

    /// Encodes up to the requested number of rows; one row more tells that another page follows.
    init(_ rows: borrowing PostgresRows, for request: PageRequest) throws(PostgresError) {
        rowCount = min(rows.count, request.limit)
        let hasMore = rows.count > request.limit
        next = hasMore && rowCount > 0 ? try Self.cursor(rows, rowCount - 1, request.kind) : nil
        switch request.format {
        case .json: body = try Self.json(rows, rowCount, next)
        case .csv: body = try Self.csv(rows, rowCount)
        }
    }

    private static func json(
        _ rows: borrowing PostgresRows,
        _ rowCount: Int,
        _ next: String?
    ) throws(PostgresError) -> [UInt8] {
        let names = (0..<rows.columnCount).map { rows.columnName($0) }
        var writer = JSONText()
        writer.beginObject()
        writer.name("data")
        writer.beginArray()
        for row in 0..<rowCount {
            writer.beginObject()
            for (column, name) in names.enumerated() {
                writer.name(name)
                writer.value(try RowCell(rows, row, column))
            }
            writer.endObject()
        }
        writer.endArray()
        writer.name("next")
        writer.value(next.map { .text($0) } ?? .null)
        writer.endObject()
        return writer.bytes
    }

    private static func csv(_ rows: borrowing PostgresRows, _ rowCount: Int) throws(PostgresError) -> [UInt8] {
        var writer = CSVText()
        writer.header((0..<rows.columnCount).map { rows.columnName($0) })
        for row in 0..<rowCount {
            for column in 0..<rows.columnCount { writer.field(try RowCell(rows, row, column)) }
            writer.endRow()
        }
        return writer.bytes
    }

    private static func cursor(
        _ rows: borrowing PostgresRows,
        _ row: Int,
        _ kind: PageKind
    ) throws(PostgresError) -> String {
        var values: [PageCursor.Value] = []
        for key in PageDefinition.of(kind).keys {
            let column = try rows.column(named: "\(key.column)")
            switch key.type {
            case .text: values.append(.text(try rows.text(row, column)))
            case .integer: values.append(.integer(try rows.int64(row, column)))
            case .timestamp: values.append(.timestamp(try rows.timestampMicroseconds(row, column)))
            }
        }
        return PageCursor(values).encoded(for: kind)
    }
}

extension JSONText {
    mutating func value(_ cell: RowCell) {
        switch cell {
        case .null: null()
        case .literal(let text), .json(let text): raw(text)
        case .text(let text): string(text)
        }
    }
}
