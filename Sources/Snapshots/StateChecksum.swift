/// A 64-bit checksum of stored state: words are mixed in by steps that can each be undone, so a change within one word always
/// changes the result; it guards against torn and rotten data, not against an attacker.
public struct StateChecksum: Sendable {
    private var hash: UInt64 = 0x6d65_7465_726c_6f67
    private var pending: UInt64 = 0
    private var byteCount: UInt64 = 0

    public init() {}

    public static func of(_ bytes: Span<UInt8>) -> UInt64 {
        var checksum = StateChecksum()
        checksum.add(bytes)
        return checksum.value
    }

    /// The checksum of all bytes added so far, however they were cut.
    public var value: UInt64 {
        var result = mixed(hash, pending)
        result = mixed(result, byteCount)
        result ^= result >> 32
        result &*= 0x9fb2_1c65_1e98_df25
        return result ^ (result >> 28)
    }

    public mutating func add(_ bytes: Span<UInt8>) {
        var index = 0
        while index < bytes.count, byteCount & 7 != 0 {
            add(bytes[index])
            index += 1
        }
        let words = (bytes.count - index) / 8
        let raw = unsafe bytes.bytes
        var hash = hash
        for _ in 0..<words {
            // Checked by the loop's bound; eight single bytes would cost as much as all the rest of a restore's reading.
            let word = unsafe raw.unsafeLoadUnaligned(fromUncheckedByteOffset: index, as: UInt64.self)
            hash = mixed(hash, UInt64(littleEndian: word))
            index += 8
        }
        self.hash = hash
        byteCount += UInt64(words * 8)
        while index < bytes.count {
            add(bytes[index])
            index += 1
        }
    }

    private mutating func add(_ byte: UInt8) {
        pending |= UInt64(byte) << ((byteCount & 7) * 8)
        byteCount += 1
        guard byteCount & 7 == 0 else { return }
        hash = mixed(hash, pending)
        pending = 0
    }

    private func mixed(_ hash: UInt64, _ word: UInt64) -> UInt64 {
        let product = (hash ^ word) &* 0xbf58_476d_1ce4_e5b9
        return product << 29 | product >> 35
    }
}
