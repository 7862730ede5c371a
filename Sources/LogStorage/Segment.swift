import KafkaProtocol
import Synchronization

/// What is known of one segment file: a run of batches beginning at `baseOffset`. The file itself is in the cache of
/// open files under the segment's path.
struct Segment: Sendable {
    /// Distinguishes the files that a base offset has had (compaction replaces them).
    let identity: UInt64
    let baseOffset: Int64
    /// Offset after the last batch.
    var nextOffset: Int64
    var byteCount = 0
    /// Largest record timestamp, milliseconds since 1970; -1 if no record has one.
    var maxTimestamp: Int64 = -1
    /// Last offset of the batch with that timestamp.
    var offsetOfMaxTimestamp: Int64 = -1
    /// Largest timestamp of the first batch; -1 without one.
    var firstTimestamp: Int64 = -1
    /// When it was last written to, milliseconds since 1970.
    var lastAppendMilliseconds: Int64 = 0
    /// The sparse index while the segment is being written, and until its index file is there.
    var index: [IndexEntry]? = []
    /// Entries of the index file.
    var indexEntryCount = 0
    private var bytesSinceEntry = Int.max

    private static let identities = Atomic<UInt64>(0)

    init(baseOffset: Int64) {
        self.baseOffset = baseOffset
        nextOffset = baseOffset
        identity = Self.identities.wrappingAdd(1, ordering: .relaxed).newValue
    }

    /// Name of a file of the segment: twenty digits and a suffix, as Kafka names them.
    static func name(baseOffset: Int64, suffix: String) -> String {
        let digits = String(baseOffset)
        return String(repeating: "0", count: max(0, 20 - digits.count)) + digits + suffix
    }

    /// Takes in a batch that begins at the end of the segment.
    mutating func add(_ header: RecordBatchHeader, indexIntervalBytes: Int, nowMilliseconds: Int64) {
        if index != nil, bytesSinceEntry >= indexIntervalBytes {
            index?.append(
                IndexEntry(
                    relativeOffset: UInt32(truncatingIfNeeded: header.baseOffset - baseOffset),
                    position: UInt32(truncatingIfNeeded: byteCount),
                    maxTimestampBefore: byteCount == 0 ? .min : maxTimestamp
                )
            )
            indexEntryCount += 1
            bytesSinceEntry = 0
        }
        if byteCount == 0 { firstTimestamp = header.maxTimestamp }
        if header.maxTimestamp > maxTimestamp {
            maxTimestamp = header.maxTimestamp
            offsetOfMaxTimestamp = header.lastOffset
        }
        byteCount += header.totalByteCount
        bytesSinceEntry = bytesSinceEntry == .max ? .max : bytesSinceEntry + header.totalByteCount
        nextOffset = header.nextOffset
        lastAppendMilliseconds = nowMilliseconds
    }

    /// Age reference for retention: the newest record's timestamp, or the last write where records have none.
    var newestMilliseconds: Int64 { maxTimestamp >= 0 ? maxTimestamp : lastAppendMilliseconds }

    /// Whether the batch with these offsets can be stored: its distance from the base must fit the index.
    func canHold(lastOffset: Int64) -> Bool {
        lastOffset - baseOffset <= Int64(Int32.max)
    }
}
