/// Kafka's default partitioner for keyed records, so that every client (ours, Java, librdkafka's `murmur2_random`) sends a key to the
/// same partition: `(murmur2(key) & 0x7fffffff) % count`, as in `org.apache.kafka.common.utils.Utils.murmur2`.
public enum Partitioner {
    public static func partition(ofKey key: Span<UInt8>, count: Int32) -> Int32 {
        precondition(count > 0, "a topic has at least one partition")
        return Int32(murmur2(key) & 0x7fff_ffff) % count
    }

    /// MurmurHash2, 32 bit, seed 0x9747b28c, little endian.
    public static func murmur2(_ bytes: Span<UInt8>) -> UInt32 {
        let multiplier: UInt32 = 0x5bd1_e995
        var hash: UInt32 = 0x9747_b28c ^ UInt32(truncatingIfNeeded: bytes.count)
        var index = 0
        while index + 4 <= bytes.count {
            var word = UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8
            word |= UInt32(bytes[index + 2]) << 16 | UInt32(bytes[index + 3]) << 24
            word &*= multiplier
            word ^= word >> 24
            word &*= multiplier
            hash &*= multiplier
            hash ^= word
            index += 4
        }
        let rest = bytes.count - index
        if rest >= 3 { hash ^= UInt32(bytes[index + 2]) << 16 }
        if rest >= 2 { hash ^= UInt32(bytes[index + 1]) << 8 }
        if rest >= 1 {
            hash ^= UInt32(bytes[index])
            hash &*= multiplier
        }
        hash ^= hash >> 13
        hash &*= multiplier
        hash ^= hash >> 15
        return hash
    }
}
