/// The idempotency keys of the payloads seen lately: the first level of de-duplication.
///
/// Keys are kept in buckets of stream time and forgotten a bucket at a time, so memory is bounded by the horizon and the rate. A payload
/// that comes again after the horizon is folded again; the interval identity behind it makes that harmless.
/// Both times are stream time, so the set is a function of the records alone.
public struct PayloadKeySet: Sendable, Equatable {
    /// One stretch of stream time.
    private struct Bucket: Sendable, Equatable {
        var index: Int64
        var keys: Set<Hash128>
    }

    public let horizonMilliseconds: Int64
    public let bucketMilliseconds: Int64
    /// Ascending by index.
    private var buckets: [Bucket] = []

    /// - Parameters:
    ///   - horizonMilliseconds: how long a key is remembered at the least (default 7 days).
    ///   - bucketMilliseconds: granularity of forgetting (default 1 day).
    public init(horizonMilliseconds: Int64 = 7 * 86_400_000, bucketMilliseconds: Int64 = 86_400_000) {
        precondition(
            horizonMilliseconds > 0 && bucketMilliseconds > 0,
            "de-duplication horizon and bucket are positive"
        )
        self.horizonMilliseconds = horizonMilliseconds
        self.bucketMilliseconds = bucketMilliseconds
    }

    /// Keys held.
    public var count: Int {
        buckets.reduce(0) { $0 + $1.keys.count }
    }

    /// Bytes of memory that the keys take: 16 for every place of the hash tables, which are powers of two and at most three quarters full,
    /// and a bit of each table's map. That is 21 to 43 bytes a key; a snapshot takes 16.
    public var memoryByteCount: Int {
        buckets.reduce(0) { total, bucket in
            let needed = (bucket.keys.capacity * 4 + 2) / 3
            var places = 1
            while places < needed { places *= 2 }
            return total + places * MemoryLayout<Hash128>.stride + places / 8
        }
    }

    /// Remembers `key` at `streamTimeMilliseconds`, which never goes back. False when it is known already.
    public mutating func insert(_ key: Hash128, streamTimeMilliseconds: Int64) -> Bool {
        forget(before: streamTimeMilliseconds - horizonMilliseconds)
        for bucket in buckets where bucket.keys.contains(key) { return false }
        let index = PayloadKeySet.floorDivide(streamTimeMilliseconds, bucketMilliseconds)
        if buckets.last?.index != index { buckets.append(Bucket(index: index, keys: [])) }
        buckets[buckets.count - 1].keys.insert(key)
        return true
    }

    private mutating func forget(before milliseconds: Int64) {
        while let first = buckets.first, (first.index + 1) * bucketMilliseconds <= milliseconds {
            buckets.removeFirst()
        }
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    /// Appends the set; equal sets give equal bytes, because keys are written in ascending order.
    public func encode(into writer: inout StateWriter) {
        writer.append(UInt32(buckets.count))
        for bucket in buckets {
            writer.append(bucket.index)
            writer.append(UInt32(bucket.keys.count))
            for key in bucket.keys.sorted() {
                writer.append(key.high)
                writer.append(key.low)
            }
        }
    }

    /// Replaces the keys by what `encode` wrote.
    public mutating func decode(from bytes: Span<UInt8>, reader: inout StateReader) throws(StateError) {
        buckets = []
        for _ in 0..<(try reader.read(UInt32.self, from: bytes)) {
            let index = try reader.read(Int64.self, from: bytes)
            if let last = buckets.last, last.index >= index { throw .malformed("buckets out of order") }
            var keys: Set<Hash128> = []
            for _ in 0..<(try reader.read(UInt32.self, from: bytes)) {
                let high = try reader.read(UInt64.self, from: bytes)
                keys.insert(Hash128(high: high, low: try reader.read(UInt64.self, from: bytes)))
            }
            buckets.append(Bucket(index: index, keys: keys))
        }
    }
}
