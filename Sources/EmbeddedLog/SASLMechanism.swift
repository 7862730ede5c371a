import Crypto
import FoundationEssentials

/// How a client may log in. The raw value is the name in SaslHandshake.
public enum SASLMechanism: String, Sendable, CaseIterable {
    /// RFC 4616. The password itself is sent, so only over TLS or loopback.
    case plain = "PLAIN"
    /// RFC 5802 and RFC 7677. The password is not sent.
    case scramSHA256 = "SCRAM-SHA-256"
    /// RFC 5802 with SHA-512.
    case scramSHA512 = "SCRAM-SHA-512"
}

/// The hash function of a SCRAM mechanism.
package enum SCRAMHash: Sendable {
    case sha256
    case sha512

    func hash(_ bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .sha256: Array(SHA256.hash(data: bytes))
        case .sha512: Array(SHA512.hash(data: bytes))
        }
    }

    func hmac(_ key: [UInt8], _ bytes: [UInt8]) -> [UInt8] {
        let key = SymmetricKey(data: key)
        return switch self {
        case .sha256: Array(HMAC<SHA256>.authenticationCode(for: bytes, using: key))
        case .sha512: Array(HMAC<SHA512>.authenticationCode(for: bytes, using: key))
        }
    }

    /// `Hi(password, salt, iterations)` of RFC 5802, section 2.2: PBKDF2 with one block of output.
    func saltedPassword(_ password: [UInt8], salt: [UInt8], iterations: Int) -> [UInt8] {
        switch self {
        case .sha256: Self.stretch(HMAC<SHA256>(key: SymmetricKey(data: password)), salt, iterations)
        case .sha512: Self.stretch(HMAC<SHA512>(key: SymmetricKey(data: password)), salt, iterations)
        }
    }

    private static func stretch<Hash: HashFunction>(
        _ keyed: HMAC<Hash>,
        _ salt: [UInt8],
        _ iterations: Int
    ) -> [UInt8] {
        var first = keyed
        first.update(data: salt + [0, 0, 0, 1])
        var last = Array(first.finalize())
        var result = last
        for _ in 1..<max(1, iterations) {
            var next = keyed
            next.update(data: last)
            last = Array(next.finalize())
            for index in result.indices { result[index] ^= last[index] }
        }
        return result
    }
}

/// Base64 as SASL writes it (RFC 4648, section 4).
enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString()
    }

    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        Data(base64Encoded: String(text)).map { Array($0) }
    }
}

/// Whether two secrets are equal, in a time that does not tell where they differ.
func isEqualInConstantTime(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    var difference: UInt8 = 0
    for index in left.indices { difference |= left[index] ^ right[index] }
    return difference == 0
}
