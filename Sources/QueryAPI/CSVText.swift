/// Writes CSV (RFC 4180): comma, CRLF, quotes only where needed. NULL is an empty field, empty text is `""`.
package struct CSVText {
    package private(set) var bytes: [UInt8] = []
    private var isFirstField = true

    package init() {}

    package mutating func header(_ names: [String]) {
        for name in names { field(.text(name)) }
        endRow()
    }

    package mutating func field(_ cell: RowCell) {
        if !isFirstField { bytes.append(UInt8(ascii: ",")) }
        isFirstField = false
        switch cell {
        case .null: break
        case .literal(let text): bytes.append(contentsOf: text.utf8)
        case .text(let text), .json(let text): append(text)
        }
    }

    package mutating func endRow() {
        bytes.append(0x0d)
        bytes.append(0x0a)
        isFirstField = true
    }

    private mutating func append(_ text: String) {
        let needsQuotes = text.isEmpty || text.utf8.contains { $0 == 0x22 || $0 == 0x2c || $0 == 0x0d || $0 == 0x0a }
        guard needsQuotes else {
            bytes.append(contentsOf: text.utf8)
            return
        }
        bytes.append(0x22)
        for byte in text.utf8 {
            if byte == 0x22 { bytes.append(0x22) }
            bytes.append(byte)
        }
        bytes.append(0x22)
    }
}
