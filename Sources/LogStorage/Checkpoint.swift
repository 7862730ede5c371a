/// What a log knows up to its recovery point: everything below that offset has been synced and need not be scanned at
/// opening. Kept in the file `checkpoint` of the partition's directory, replaced as a whole.
struct Checkpoint: Sendable {
    private static let magic: UInt32 = 0x4D4C_4350
    private static let version: UInt32 = 1

    /// Epoch that the log was last written under.
    var leaderEpoch: Int32
    var logStartOffset: Int64
    /// Offset up to which compaction has been; the log start if never.
    var cleanedOffset: Int64
    /// The recovery point: offset after the last batch that is covered.
    var recoveryPoint: Int64
    var epochs: [EpochStart]
    /// The active segment up to the recovery point, with its index.
    var active: Segment
    /// Aborted transactions whose marker is in the active segment or in one without an index file.
    var aborted: [AbortedTransaction]
    var producers: ProducerTable

    /// The first offset written under a leader epoch.
    struct EpochStart: Sendable, Equatable {
        var epoch: Int32
        var firstOffset: Int64
    }

    func encoded() -> [UInt8] {
        var encoder = ByteEncoder()
        let index = active.index ?? []
        encoder.reserve(256 + index.count * IndexEntry.byteCount)
        encoder.put(Self.magic)
        encoder.put(Self.version)
        encoder.put(leaderEpoch)
        encoder.put(logStartOffset)
        encoder.put(cleanedOffset)
        encoder.put(recoveryPoint)
        encoder.put(UInt32(epochs.count))
        for entry in epochs {
            encoder.put(entry.epoch)
            encoder.put(entry.firstOffset)
        }
        encoder.put(active.baseOffset)
        encoder.put(active.nextOffset)
        encoder.put(Int64(active.byteCount))
        encoder.put(active.maxTimestamp)
        encoder.put(active.offsetOfMaxTimestamp)
        encoder.put(active.firstTimestamp)
        encoder.put(active.lastAppendMilliseconds)
        encoder.put(UInt32(index.count))
        for entry in index {
            encoder.put(entry.relativeOffset)
            encoder.put(entry.position)
            encoder.put(entry.maxTimestampBefore)
        }
        encoder.put(UInt32(aborted.count))
        for transaction in aborted {
            encoder.put(transaction.producerId)
            encoder.put(transaction.firstOffset)
            encoder.put(transaction.lastOffset)
        }
        producers.encode(into: &encoder)
        return encoder.sealed()
    }
}

extension Checkpoint {
    /// Nil if the bytes are not a whole checkpoint.
    init?(_ bytes: [UInt8]) {
        guard var decoder = ByteDecoder(sealed: bytes),
            decoder.get(UInt32.self) == Self.magic,
            decoder.get(UInt32.self) == Self.version
        else { return nil }
        leaderEpoch = decoder.get()
        logStartOffset = decoder.get()
        cleanedOffset = decoder.get()
        recoveryPoint = decoder.get()
        epochs = []
        for _ in 0..<decoder.count(ofElementsWithByteCount: 12) {
            epochs.append(EpochStart(epoch: decoder.get(), firstOffset: decoder.get()))
        }
        active = Segment(baseOffset: decoder.get())
        active.nextOffset = decoder.get()
        active.byteCount = Int(decoder.get(Int64.self))
        active.maxTimestamp = decoder.get()
        active.offsetOfMaxTimestamp = decoder.get()
        active.firstTimestamp = decoder.get()
        active.lastAppendMilliseconds = decoder.get()
        var index: [IndexEntry] = []
        for _ in 0..<decoder.count(ofElementsWithByteCount: IndexEntry.byteCount) {
            index.append(
                IndexEntry(
                    relativeOffset: decoder.get(),
                    position: decoder.get(),
                    maxTimestampBefore: decoder.get()
                )
            )
        }
        active.index = index
        active.indexEntryCount = index.count
        aborted = []
        for _ in 0..<decoder.count(ofElementsWithByteCount: 24) {
            aborted.append(
                AbortedTransaction(producerId: decoder.get(), firstOffset: decoder.get(), lastOffset: decoder.get())
            )
        }
        producers = ProducerTable(&decoder)
        guard decoder.isIntact, decoder.remaining == 0 else { return nil }
        guard active.byteCount >= 0, active.nextOffset == recoveryPoint, logStartOffset >= 0 else { return nil }
    }
}
