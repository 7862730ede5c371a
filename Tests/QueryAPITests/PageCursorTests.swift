import QueryAPI
import Testing

@Suite("Page cursors")
struct PageCursorTests {
    private let cursor = PageCursor([.text("Zähler/1"), .timestamp(-1), .integer(.min), .text("")])

    @Test("a cursor comes back as it went out")
    func roundTrip() {
        let text = cursor.encoded(for: .exceptions)
        #expect(PageCursor(text, for: .exceptions) == cursor)
        #expect(text.utf8.allSatisfy { (48...57).contains($0) || (65...70).contains($0) })
    }

    @Test("a cursor of another route, cut or changed anywhere is refused")
    func damaged() {
        let text = cursor.encoded(for: .alarms)
        #expect(PageCursor(text, for: .exceptions) == nil)
        for length in 0..<text.count { #expect(PageCursor(String(text.prefix(length)), for: .alarms) == nil) }
        for position in text.indices {
            let other = text[position] == "0" ? "1" : "0"
            let changed = text.replacingCharacter(at: position, with: other)
            #expect(PageCursor(changed, for: .alarms) == nil)
        }
        #expect(PageCursor("not hexadecimal", for: .alarms) == nil)
    }
}

extension String {
    fileprivate func replacingCharacter(at position: Index, with text: String) -> String {
        String(self[..<position]) + text + String(self[index(after: position)...])
    }
}
