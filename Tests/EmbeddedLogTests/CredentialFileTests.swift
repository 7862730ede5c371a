import EmbeddedLog
import Testing

@Suite("Credential files")
struct CredentialFileTests {
    @Test("what is set is read back, with a salt of its own each time, and no password in it")
    func roundTrip() throws {
        var file = CredentialFile()
        try file.set(user: "alice", password: "a password", iterations: 4_096)
        try file.set(user: "bob", password: "a password", iterations: 5_000)
        let read = try CredentialFile(text: file.text, path: "f")
        #expect(read == file)
        #expect(read.users == ["alice", "bob"])
        #expect(!file.text.contains("a password"))
        let before = file.text
        try file.set(user: "alice", password: "a password", iterations: 4_096)
        #expect(file.text != before && file.users == ["alice", "bob"])
        #expect(file.remove(user: "bob") && !file.remove(user: "bob"))
        #expect(file.users == ["alice"])
    }

    @Test(
        "a line that can't be is named",
        arguments: ["alice", "alice:PLAIN:4096:c2FsdHNhbHQ=:AA==:AA==", "a:b:c:d:e:f"]
    )
    func damaged(line: String) {
        let expected = EmbeddedLogError.credentials(
            path: "f",
            line: 2,
            reason: "not user:mechanism:iterations:salt:key:key"
        )
        #expect(throws: expected) { try CredentialFile(text: "# head\n" + line, path: "f") }
    }

    @Test("a user stands in a file once for a mechanism")
    func twice() throws {
        var file = CredentialFile()
        try file.set(user: "alice", password: "p", iterations: 4_096)
        #expect(throws: EmbeddedLogError.self) { try CredentialFile(text: file.text + file.text, path: "f") }
    }

    @Test("names and numbers that can't be", arguments: ["", "a b", "a:b", "a,b", "a=b", "#a", "ä"])
    func refused(user: String) {
        var file = CredentialFile()
        #expect(throws: EmbeddedLogError.self) { try file.set(user: user, password: "p") }
        #expect(throws: EmbeddedLogError.self) { try file.set(user: "a", password: "") }
        #expect(throws: EmbeddedLogError.self) { try file.set(user: "a", password: "p", iterations: 4_095) }
        #expect(file.users.isEmpty)
    }
}
