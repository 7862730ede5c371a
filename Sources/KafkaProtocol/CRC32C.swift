/// CRC-32C (Castagnoli): the checksum of record batches, and of this broker's own index and checkpoint files.
///
/// Polynomial 0x1EDC6F41, reflected 0x82F63B78, initial value and final XOR all ones (RFC 3720, appendix B.4).
/// Computed sixteen bytes at a step from sixteen tables of 256 entries, without processor-specific instructions.
public enum CRC32C {
    /// The checksum of `bytes`; pass the checksum of what came before as `previous` to continue it.
    public static func checksum(_ bytes: UnsafeRawBufferPointer, continuing previous: UInt32 = 0) -> UInt32 {
        guard let start = bytes.baseAddress else { return previous }
        return update(~previous, start, bytes.count, tables.base) ^ .max
    }

    /// The checksum of `bytes`; pass the checksum of what came before as `previous` to continue it.
    public static func checksum(_ bytes: RawSpan, continuing previous: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0, continuing: previous) }
    }

    /// The checksum of `bytes`; pass the checksum of what came before as `previous` to continue it.
    public static func checksum(_ bytes: [UInt8], continuing previous: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { checksum($0, continuing: previous) }
    }

    private static func update(
        _ initial: UInt32,
        _ start: UnsafeRawPointer,
        _ count: Int,
        _ table: UnsafePointer<UInt32>
    ) -> UInt32 {
        var crc = initial
        var cursor = start
        var left = count
        while left >= 16 {
            let low = UInt64(littleEndian: cursor.loadUnaligned(as: UInt64.self)) ^ UInt64(crc)
            let high = UInt64(littleEndian: cursor.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
            crc = eight(high, table) ^ eight(low, table + 8 * 256)
            cursor += 16
            left -= 16
        }
        while left > 0 {
            crc = table[Int((crc ^ UInt32(cursor.load(as: UInt8.self))) & 0xFF)] ^ (crc >> 8)
            cursor += 1
            left -= 1
        }
        return crc
    }

    /// Eight bytes through the eight tables from `table` on, the last byte through the first of them.
    @inline(__always)
    private static func eight(_ word: UInt64, _ table: UnsafePointer<UInt32>) -> UInt32 {
        let a = table[Int(truncatingIfNeeded: word >> 56)] ^ table[256 + Int(truncatingIfNeeded: (word >> 48) & 0xFF)]
        let b =
            table[512 + Int(truncatingIfNeeded: (word >> 40) & 0xFF)]
            ^ table[768 + Int(truncatingIfNeeded: (word >> 32) & 0xFF)]
        let c =
            table[1_024 + Int(truncatingIfNeeded: (word >> 24) & 0xFF)]
            ^ table[1_280 + Int(truncatingIfNeeded: (word >> 16) & 0xFF)]
        let d =
            table[1_536 + Int(truncatingIfNeeded: (word >> 8) & 0xFF)]
            ^ table[1_792 + Int(truncatingIfNeeded: word & 0xFF)]
        return (a ^ b) ^ (c ^ d)
    }

    /// Sixteen tables, one after the other: table k holds the checksum of a byte followed by k zero bytes.
    private struct Tables: @unchecked Sendable {
        // Immutable after init and never freed: the tables live as long as the process.
        let base: UnsafePointer<UInt32>

        init() {
            let entries = UnsafeMutablePointer<UInt32>.allocate(capacity: 16 * 256)
            for byte in 0..<256 {
                var crc = UInt32(byte)
                for _ in 0..<8 {
                    crc = crc & 1 == 1 ? (crc >> 1) ^ 0x82F6_3B78 : crc >> 1
                }
                entries[byte] = crc
            }
            for index in 256..<(16 * 256) {
                let shorter = entries[index - 256]
                entries[index] = entries[Int(shorter & 0xFF)] ^ (shorter >> 8)
            }
            base = UnsafePointer(entries)
        }
    }

    private static let tables = Tables()
}
