import Crypto

/// One migration: its file's name and text.
public struct MigrationFile: Sendable, Equatable {
    /// From the file's name.
    public let version: Int
    /// `NNNN_name.sql`
    public let name: String
    public let text: String

    /// - Throws: `MigrationError.malformedName`
    public init(name: String, text: String) throws(MigrationError) {
        let parts = name.split(separator: "_", maxSplits: 1)
        guard parts.count == 2, parts[0].count == 4, parts[0].utf8.allSatisfy({ (48...57).contains($0) }),
            let version = Int(parts[0]), name.hasSuffix(".sql"), parts[1].count > 4
        else { throw .malformedName(name) }
        self.version = version
        self.name = name
        self.text = text
    }

    /// SHA-256 of the text, in hexadecimal.
    public var checksum: String {
        let digits = Array("0123456789abcdef".utf8)
        var hex: [UInt8] = []
        for byte in SHA256.hash(data: Array(text.utf8)) {
            hex.append(digits[Int(byte >> 4)])
            hex.append(digits[Int(byte & 15)])
        }
        return String(decoding: hex, as: UTF8.self)
    }

    /// The file's first line asks for it: statements that PostgreSQL refuses inside a transaction.
    var runsWithoutTransaction: Bool {
        text.split(separator: "\n", maxSplits: 1).first == "-- meterlog: no-transaction"
    }

    /// What is sent at once: the whole file, or, without a transaction, the parts between lines that are `-- next`.
    var statements: [String] {
        guard runsWithoutTransaction else { return [text] }
        var parts = [""]
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if line == "-- next" {
                parts.append("")
            } else {
                parts[parts.count - 1] += line + "\n"
            }
        }
        return parts
    }
}
