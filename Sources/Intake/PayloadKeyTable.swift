import StreamCore

/// The idempotency keys of the payloads seen lately, and of each key the payload that came first under it: its content, and where it is.
///
/// Entries are kept in buckets of stream time and forgotten a bucket at a time, so memory is bounded by the horizon and the rate. A payload
/// that comes again after the horizon is folded again; the interval identity behind it makes that harmless.
/// All times are of the records, so the table is a function of the records alone.
struct PayloadKeyTable: Sendable, Equatable {
    /// What came first under a key.
    struct First: Sendable, Equatable {
        /// Half of a 128-bit hash, or the first 64 bits of an SHA-256, of what the payload says.
        var content: UInt64
        /// Of the raw record; its partition is the one whose table this is.
        var offset: Int64
        /// ms since 1970-01-01T00:00:00Z.
        var receivedAtMilliseconds: Int64
    }

    /// One stretch of stream time.
    private struct Bucket: Sendable, Equatable {
        var index: Int64
        var payloads: [Hash128: First]
    }

    let horizonMilliseconds: Int64
    let bucketMilliseconds: Int64
    /// Ascending by index.
    private var buckets: [Bucket] = []

    /// - Parameters:
    ///   - horizonMilliseconds: how long a key is remembered at the least.
    ///   - bucketMilliseconds: granularity of forgetting (default 1 day).
    init(horizonMilliseconds: Int64, bucketMilliseconds: Int64 = 86_400_000) {
        precondition(
            horizonMilliseconds > 0 && bucketMilliseconds > 0,
            "de-duplication horizon and bucket are positive"
        )
        self.horizonMilliseconds = horizonMilliseconds
        self.bucketMilliseconds = bucketMilliseconds
    }

    /// Keys held.
    var count: Int {
        buckets.reduce(0) { $0 + $1.payloads.count }
    }

    /// Bytes of memory that the keys take: 40 for every place of the hash tables (16 for the key, 24 for its payload), which are powers of two
    /// and at most three quarters full, and a bit of each table's map. That is 53 to 107 bytes a key; a snapshot takes 40.
    var memoryByteCount: Int {
        buckets.reduce(0) { total, bucket in
            let needed = (bucket.payloads.capacity * 4 + 2) / 3
            var places = 1
            while places < needed { places *= 2 }
            let stride = MemoryLayout<Hash128>.stride + MemoryLayout<First>.stride
            return total + places * stride + places / 8
        }
    }

    /// Remembers `payload` under `key` at `streamTimeMilliseconds`, which never goes back.
    ///
    /// - Returns: the payload that came before under this key, which stays; nil when the key is new.
    mutating func insert(_ payload: First, under key: Hash128, streamTimeMilliseconds: Int64) -> First? {
        let oldest = streamTimeMilliseconds.subtractingReportingOverflow(horizonMilliseconds)
        if !oldest.overflow { forget(before: oldest.partialValue) }
        for bucket in buckets {
            if let first = bucket.payloads[key] { return first }
        }
        let index = PayloadKeyTable.floorDivide(streamTimeMilliseconds, bucketMilliseconds)
        if buckets.last?.index != index { buckets.append(Bucket(index: index, payloads: [:])) }
        buckets[buckets.count - 1].payloads[key] = payload
        return nil
    }

    private mutating func forget(before milliseconds: Int64) {
        let index = PayloadKeyTable.floorDivide(milliseconds, bucketMilliseconds)
        while let first = buckets.first, first.index < index { buckets.removeFirst() }
    }

    private static func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
        let quotient = value / divisor
        return value % divisor < 0 ? quotient - 1 : quotient
    }

    /// Appends the table; equal tables give equal bytes, because keys are written in ascending order.
    func encode(into writer: inout StateWriter) {
        writer.append(UInt32(buckets.count))
        for bucket in buckets {
            writer.append(bucket.index)
            writer.append(UInt32(bucket.payloads.count))
            for (key, payload) in bucket.payloads.sorted(by: { $0.key < $1.key }) {
                writer.append(key.high)
                writer.append(key.low)
                writer.append(payload.content)
                writer.append(payload.offset)
                writer.append(payload.receivedAtMilliseconds)
            }
        }
    }

    /// Replaces the keys by what `encode` wrote.
    mutating func decode(from bytes: Span<UInt8>, reader: inout StateReader) throws(StateError) {
        buckets = []
        for _ in 0..<(try reader.read(UInt32.self, from: bytes)) {
            let index = try reader.read(Int64.self, from: bytes)
            if let last = buckets.last, last.index >= index { throw .malformed("buckets out of order") }
            var payloads: [Hash128: First] = [:]
            for _ in 0..<(try reader.read(UInt32.self, from: bytes)) {
                let high = try reader.read(UInt64.self, from: bytes)
                let key = Hash128(high: high, low: try reader.read(UInt64.self, from: bytes))
                payloads[key] = First(
                    content: try reader.read(UInt64.self, from: bytes),
                    offset: try reader.read(Int64.self, from: bytes),
                    receivedAtMilliseconds: try reader.read(Int64.self, from: bytes)
                )
            }
            buckets.append(Bucket(index: index, payloads: payloads))
        }
    }
}
