import PayloadCompression

/// Unpacks an array; the span is made here, out of the sight of the test macros.
func unpacked(_ coding: ContentCoding, _ bytes: [UInt8], limit: Int) throws -> [UInt8] {
    try coding.decompress(bytes.span, limitBytes: limit)
}
