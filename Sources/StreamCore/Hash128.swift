/// A 128-bit hash of a key: MurmurHash3 x64 128, seed 0. Fixed for ever, because it stands in stored events and snapshots.
///
/// It identifies payloads by their idempotency key. It is no defence against a sender who builds collisions on purpose: such a
/// sender can only make its own payloads look like duplicates.
public struct Hash128: Hashable, Comparable, Sendable {
    public var high: UInt64
    public var low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public static func < (left: Hash128, right: Hash128) -> Bool {
        left.high == right.high ? left.low < right.low : left.high < right.high
    }

    private static let firstFactor: UInt64 = 0x87c3_7b91_1142_53d5
    private static let secondFactor: UInt64 = 0x4cf5_ad43_2745_937f

    public init(hashing bytes: Span<UInt8>) {
        var first: UInt64 = 0
        var second: UInt64 = 0
        var index = 0
        while index + 16 <= bytes.count {
            first ^= Hash128.mixFirst(Hash128.word(bytes, index, 8))
            first = (first << 27 | first >> 37) &+ second
            first = first &* 5 &+ 0x52dc_e729
            second ^= Hash128.mixSecond(Hash128.word(bytes, index + 8, 8))
            second = (second << 31 | second >> 33) &+ first
            second = second &* 5 &+ 0x3849_5ab5
            index += 16
        }
        let rest = bytes.count - index
        if rest > 8 { second ^= Hash128.mixSecond(Hash128.word(bytes, index + 8, rest - 8)) }
        if rest > 0 { first ^= Hash128.mixFirst(Hash128.word(bytes, index, min(rest, 8))) }
        let length = UInt64(bytes.count)
        first ^= length
        second ^= length
        first &+= second
        second &+= first
        first = Hash128.finish(first)
        second = Hash128.finish(second)
        first &+= second
        second &+= first
        self.high = first
        self.low = second
    }

    private static func mixFirst(_ word: UInt64) -> UInt64 {
        let mixed = word &* firstFactor
        return (mixed << 31 | mixed >> 33) &* secondFactor
    }

    private static func mixSecond(_ word: UInt64) -> UInt64 {
        let mixed = word &* secondFactor
        return (mixed << 33 | mixed >> 31) &* firstFactor
    }

    private static func finish(_ word: UInt64) -> UInt64 {
        var value = word
        value ^= value >> 33
        value &*= 0xff51_afd7_ed55_8ccd
        value ^= value >> 33
        value &*= 0xc4ce_b9fe_1a85_ec53
        value ^= value >> 33
        return value
    }

    /// `count` bytes from `start`, little endian.
    private static func word(_ bytes: Span<UInt8>, _ start: Int, _ count: Int) -> UInt64 {
        if count == 8 {
            return unsafe bytes.withUnsafeBytes { raw in
                UInt64(littleEndian: unsafe raw.loadUnaligned(fromByteOffset: start, as: UInt64.self))
            }
        }
        var value: UInt64 = 0
        for index in 0..<count { value |= UInt64(bytes[start + index]) << UInt64(8 * index) }
        return value
    }
}
