import MeterCore
import MeterFormats
import PayloadCompression
import StreamCore

/// What a payload says, whatever its spelling: its media type in canonical form and its bytes after transport unwrapping.
enum PayloadContent {
    /// The first 64 bits of the gateway's hash. A record that another writer put into the topic has none, and gets one here; both are
    /// functions of the content, but not the same.
    static func hash(_ batch: borrowing InputBatch, _ index: Int, format: String, limitBytes: Int) -> UInt64 {
        if let header = batch.header(EnvelopeHeader.content, of: index) {
            let given = leadingHexadecimal(batch.bytes.span.extracting(header))
            if let given { return given }
        }
        let type = Array((MediaType(format)?.canonicalText ?? format).utf8)
        return hash(of: batch, index, limitBytes: limitBytes) ^ Hash128(hashing: type.span).high
    }

    private static func hash(of batch: borrowing InputBatch, _ index: Int, limitBytes: Int) -> UInt64 {
        let encoding = batch.headerText(EnvelopeHeader.contentEncoding, of: index) ?? ""
        if !encoding.isEmpty, encoding != "identity",
            let content = content(of: batch, index, encoding: encoding, limitBytes: limitBytes)
        {
            return Hash128(hashing: content.span).low
        }
        return Hash128(hashing: batch.bytes.span.extracting(batch.entries[index].value)).low
    }

    /// The unpacked bytes. Nil when they can't be unpacked: that is refused with its reason when it is decoded, and until then the content is what
    /// was sent.
    private static func content(
        of batch: borrowing InputBatch,
        _ index: Int,
        encoding: String,
        limitBytes: Int
    ) -> [UInt8]? {
        do {
            let bytes = batch.bytes.span.extracting(batch.entries[index].value)
            return try unpack(bytes, encoding: encoding, limitBytes: limitBytes)
        } catch {
            return nil
        }
    }

    /// 16 hexadecimal digits, as dead letters name a content.
    static func text(_ hash: UInt64) -> String {
        let digits = String(hash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    private static func leadingHexadecimal(_ text: Span<UInt8>) -> UInt64? {
        guard text.count >= 16 else { return nil }
        var value: UInt64 = 0
        for index in 0..<16 {
            let digit: UInt8
            switch text[index] {
            case 0x30...0x39: digit = text[index] - 0x30
            case 0x61...0x66: digit = text[index] - 0x57
            default: return nil
            }
            value = value << 4 | UInt64(digit)
        }
        return value
    }

    static func unpack(_ bytes: Span<UInt8>, encoding: String, limitBytes: Int) throws(DecodeError) -> [UInt8] {
        guard let coding = ContentCoding(rawValue: encoding) else {
            throw DecodeError(.unsupportedFormat, "content-encoding \"\(encoding)\"")
        }
        do {
            return try coding.decompress(bytes, limitBytes: limitBytes)
        } catch {
            switch error {
            case .tooLarge: throw DecodeError(.limitExceeded, "\(encoding): \(error)")
            default: throw DecodeError(.malformedSyntax, "\(encoding): \(error)")
            }
        }
    }
}
