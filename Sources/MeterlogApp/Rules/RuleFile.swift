import Crypto
import RuleSets
import Settings

/// A rule set in a file: its text, what it says, and its version, which is the hash of its bytes.
struct RuleFile: Sendable {
    let path: String
    let json: String
    let rules: RuleSet

    var version: String { rules.version }

    /// - Throws: `AppError` that names the line when the file can't be read or is no rule set.
    init(path: String) throws {
        let text: String
        do {
            text = try TextFile.read(path).text
        } catch {
            throw AppError.unusable("\(error)")
        }
        try self.init(path: path, json: text)
    }

    init(path: String, json: String) throws {
        self.path = path
        self.json = json
        do {
            rules = try RuleSet(json: json, version: RuleFile.version(of: json))
        } catch {
            throw AppError.unusable("\(path):\(error.line): \(error.reason)")
        }
    }

    /// The first 16 hex digits of the SHA-256 of the text's bytes: what the normalizer makes of the stored payload.
    static func version(of json: String) -> String {
        String(hexadecimalHash(of: json).prefix(16))
    }

    /// SHA-256 of the text's bytes, lower-case hex.
    static func hexadecimalHash(of json: String) -> String {
        SHA256.hash(data: Array(json.utf8)).map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined()
    }
}
