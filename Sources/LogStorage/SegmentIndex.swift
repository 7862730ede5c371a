import Glibc
import KafkaProtocol

/// One entry of the sparse index: where a batch begins, and how new the batches before it are.
struct IndexEntry: Sendable, Equatable {
    static let byteCount = 16

    /// Base offset of the batch, relative to the segment's.
    var relativeOffset: UInt32
    /// Position of the batch in the segment file.
    var position: UInt32
    /// Largest timestamp of all batches of the segment before this one, milliseconds; `Int64.min` if there are none.
    /// Rises with the entries, so that it serves searches by time.
    var maxTimestampBefore: Int64
}

/// The content of a sealed segment's index file, `<base offset>.index`: what is known of the segment, its sparse index,
/// and the transactions that ended in it with an abort. Written once, after the segment has been synced; its presence
/// says that the segment is whole. Everything in it can be built again from the segment.
struct SegmentIndexFile {
    private static let magic: UInt32 = 0x4D4C_4958
    private static let version: UInt32 = 1
    /// Bytes before the first index entry.
    static let headerByteCount = 72

    var segment: Segment
    var entries: [IndexEntry]
    var aborted: [AbortedTransaction]

    init(segment: Segment, entries: [IndexEntry], aborted: [AbortedTransaction]) {
        self.segment = segment
        self.entries = entries
        self.aborted = aborted
    }

    /// Nil if the bytes are not a whole index file of the segment with this base offset.
    init?(_ bytes: [UInt8], baseOffset: Int64) {
        guard var decoder = ByteDecoder(sealed: bytes),
            decoder.get(UInt32.self) == Self.magic,
            decoder.get(UInt32.self) == Self.version,
            decoder.get(Int64.self) == baseOffset
        else { return nil }
        var segment = Segment(baseOffset: baseOffset)
        segment.nextOffset = decoder.get()
        segment.byteCount = Int(decoder.get(Int64.self))
        segment.maxTimestamp = decoder.get()
        segment.offsetOfMaxTimestamp = decoder.get()
        segment.firstTimestamp = decoder.get()
        segment.lastAppendMilliseconds = decoder.get()
        let entryCount = decoder.count(ofElementsWithByteCount: IndexEntry.byteCount)
        let abortedCount = Int(decoder.get(UInt32.self))
        guard decoder.remaining == entryCount * IndexEntry.byteCount + abortedCount * 24 else { return nil }
        entries = []
        entries.reserveCapacity(entryCount)
        for _ in 0..<entryCount {
            entries.append(
                IndexEntry(
                    relativeOffset: decoder.get(),
                    position: decoder.get(),
                    maxTimestampBefore: decoder.get()
                )
            )
        }
        aborted = []
        for _ in 0..<abortedCount {
            aborted.append(
                AbortedTransaction(producerId: decoder.get(), firstOffset: decoder.get(), lastOffset: decoder.get())
            )
        }
        guard decoder.isIntact, segment.nextOffset >= baseOffset else { return nil }
        segment.index = nil
        segment.indexEntryCount = entryCount
        self.segment = segment
    }

    func encoded() -> [UInt8] {
        var encoder = ByteEncoder()
        encoder.reserve(Self.headerByteCount + entries.count * IndexEntry.byteCount + aborted.count * 24 + 4)
        encoder.put(Self.magic)
        encoder.put(Self.version)
        encoder.put(segment.baseOffset)
        encoder.put(segment.nextOffset)
        encoder.put(Int64(segment.byteCount))
        encoder.put(segment.maxTimestamp)
        encoder.put(segment.offsetOfMaxTimestamp)
        encoder.put(segment.firstTimestamp)
        encoder.put(segment.lastAppendMilliseconds)
        encoder.put(UInt32(entries.count))
        encoder.put(UInt32(aborted.count))
        for entry in entries {
            encoder.put(entry.relativeOffset)
            encoder.put(entry.position)
            encoder.put(entry.maxTimestampBefore)
        }
        for transaction in aborted {
            encoder.put(transaction.producerId)
            encoder.put(transaction.firstOffset)
            encoder.put(transaction.lastOffset)
        }
        return encoder.sealed()
    }
}

/// Looks things up in a sparse index, in memory or in the index file of a sealed segment.
struct IndexLookup {
    private let entries: [IndexEntry]?
    private let file: LogFile?
    private let count: Int

    init(entries: [IndexEntry]) {
        self.entries = entries
        file = nil
        count = entries.count
    }

    init(file: LogFile, count: Int) {
        entries = nil
        self.file = file
        self.count = count
    }

    /// The last entry for which `isBefore` holds; it must hold for a first run of the entries and for none after.
    func last(where isBefore: (IndexEntry) -> Bool) throws(StorageError) -> IndexEntry? {
        var low = 0
        var high = count
        var found: IndexEntry?
        while low < high {
            let middle = (low + high) / 2
            let entry = try self.entry(middle)
            if isBefore(entry) {
                found = entry
                low = middle + 1
            } else {
                high = middle
            }
        }
        return found
    }

    /// The first entry for which `isBefore` does not hold.
    func first(whereNot isBefore: (IndexEntry) -> Bool) throws(StorageError) -> IndexEntry? {
        var low = 0
        var high = count
        while low < high {
            let middle = (low + high) / 2
            if isBefore(try entry(middle)) { low = middle + 1 } else { high = middle }
        }
        return low < count ? try entry(low) : nil
    }

    private func entry(_ number: Int) throws(StorageError) -> IndexEntry {
        if let entries { return entries[number] }
        guard let file else { return IndexEntry(relativeOffset: 0, position: 0, maxTimestampBefore: .min) }
        var raw: (UInt64, UInt64) = (0, 0)
        let got = try withUnsafeMutableBytes(of: &raw) { (bytes) throws(StorageError) -> Int in
            try file.read(into: bytes, at: SegmentIndexFile.headerByteCount + number * IndexEntry.byteCount)
        }
        guard got == IndexEntry.byteCount else {
            throw .inputOutput(operation: "read index", path: file.path, errorNumber: EIO)
        }
        let places = UInt64(bigEndian: raw.0)
        return IndexEntry(
            relativeOffset: UInt32(truncatingIfNeeded: places >> 32),
            position: UInt32(truncatingIfNeeded: places),
            maxTimestampBefore: Int64(bitPattern: UInt64(bigEndian: raw.1))
        )
    }
}
