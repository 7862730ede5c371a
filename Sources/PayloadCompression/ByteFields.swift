/// Fixed-width fields of the archive formats, read within bounds.
struct ByteFields {
    let bytes: [UInt8]

    /// A little-endian number, nil when it does not lie within the bytes.
    func littleEndian(_ start: Int, size: Int) -> Int? {
        guard start >= 0, size <= 7, start <= bytes.count - size else { return nil }
        var value = 0
        for index in (0..<size).reversed() { value = value << 8 | Int(bytes[start + index]) }
        return value
    }

    /// Text up to the first NUL, nil when the field does not lie within the bytes.
    func text(_ start: Int, size: Int) -> String? {
        guard start >= 0, size >= 0, start <= bytes.count - size else { return nil }
        let field = bytes[start..<start + size].prefix { $0 != 0 }
        return String(decoding: field, as: UTF8.self)
    }
}
