import Crypto
import MeterFormats

/// The key by which a payload is known when it comes again.
enum IdempotencyKey {
    static let maxBytes = 256

    /// The sender's own key: 1 to 256 visible ASCII characters.
    static func isValid(_ key: String) -> Bool {
        (1...maxBytes).contains(key.utf8.count) && key.utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }

    /// The sender's key, made its own: two sources may use the same words.
    static func named(_ key: String, source: String) -> String {
        "\(source):\(key)"
    }

    /// SHA-256 in hex of what a payload says, whatever its spelling: media type in canonical form, a zero byte, and the bytes after
    /// transport unwrapping.
    static func content(mediaType: MediaType, canonical: [UInt8]) -> String {
        var hash = SHA256()
        hash.update(data: Array(mediaType.canonicalText.utf8))
        hash.update(data: [0])
        hash.update(data: canonical)
        return hex(hash.finalize())
    }

    /// SHA-256 in hex over source, a zero byte and the content's hash; where the sender says when he sent it, another zero byte and that
    /// instant, so that what he says again at another time is another payload.
    static func derived(source: String, content: String, sentAt: SentTime?) -> String {
        var hash = SHA256()
        hash.update(data: Array(source.utf8))
        hash.update(data: [0])
        hash.update(data: Array(content.utf8))
        if let sentAt {
            hash.update(data: [0])
            hash.update(data: Array(sentAt.description.utf8))
        }
        return hex(hash.finalize())
    }

    static func sha256(_ bytes: [UInt8]) -> String {
        hex(SHA256.hash(data: bytes))
    }

    private static func hex(_ digest: SHA256.Digest) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(64)
        for byte in digest {
            text.append(hexDigit(byte >> 4))
            text.append(hexDigit(byte & 15))
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func hexDigit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}
