public import StreamCore

/// Gathers the records of a snapshot partition in log order and finds what can be restored from.
///
/// Compaction may or may not have run: of each key the last record counts. Memory is that of the snapshots in the slots.
public struct SnapshotCollector: Sendable {
    /// A snapshot that is whole and carries the reader's identity. Decoding the state may still fail.
    public struct Candidate: Sendable {
        public var label: SnapshotLabel
        public var slot: Int
        fileprivate var chunks: [Int: [UInt8]]

        /// The state's bytes, or nil when they don't have the labelled length and checksum.
        public func state() -> [UInt8]? {
            var bytes: [UInt8] = []
            bytes.reserveCapacity(chunks.values.reduce(0) { $0 + $1.count })
            for index in 0..<label.chunkCount { bytes.append(contentsOf: chunks[index] ?? []) }
            guard bytes.count == label.stateByteCount else { return nil }
            return StateChecksum.of(bytes.span) == label.stateChecksum ? bytes : nil
        }
    }

    /// A snapshot that can't be used, and why.
    public struct Rejection: Sendable, Equatable {
        public enum Reason: Sendable, Equatable {
            /// A record is not what was written.
            case damaged
            /// Some chunks are not there.
            case incomplete
            case formatVersion(UInt16)
            /// Made by another processor, group, state version or configuration, or for another input.
            case foreign(SnapshotLabel.Identity)
            /// The whole does not have the labelled length or checksum.
            case checksum
            /// It holds records that the group has not committed.
            case aheadOfCommitted(nextOffset: Int64)
            /// The processor could not decode it.
            case state(StateError)
        }

        public var slot: Int
        public var reason: Reason

        public init(slot: Int, reason: Reason) {
            self.slot = slot
            self.reason = reason
        }
    }

    private struct Slot {
        var label: SnapshotLabel?
        var chunks: [Int: [UInt8]] = [:]
        var flaw: Rejection.Reason?
    }

    private let identity: SnapshotLabel.Identity
    private var slots = Array(repeating: Slot(), count: SnapshotImage.slotCount)
    private var highestSequence: UInt64 = 0

    public init(identity: SnapshotLabel.Identity) {
        self.identity = identity
    }

    /// Takes the records of the snapshot partition, in log order; others that happen to be there are passed over.
    public mutating func add(_ batch: borrowing InputBatch) {
        for entry in batch.entries {
            guard let slot = slotIndex(ofKey: batch.bytes[entry.key]) else { continue }
            guard !entry.isTombstone else { continue }
            add(batch.bytes.span.extracting(entry.value), to: slot)
        }
    }

    private mutating func add(_ value: Span<UInt8>, to slot: Int) {
        let chunk: SnapshotChunk
        do throws(SnapshotChunk.Flaw) {
            chunk = try SnapshotChunk(decoding: value)
        } catch {
            switch error {
            case .damaged: slots[slot].flaw = .damaged
            case .format(let version): slots[slot].flaw = .formatVersion(version)
            }
            return
        }
        highestSequence = max(highestSequence, chunk.label.sequence)
        if slots[slot].label != chunk.label {
            let isOlder = (slots[slot].label?.sequence ?? 0) > chunk.label.sequence
            guard !isOlder else { return }
            slots[slot] = Slot(label: chunk.label)
        }
        slots[slot].chunks[chunk.index] = chunk.payload
    }

    /// Whole snapshots of the reader's identity, newest first, and what was found unusable.
    public func candidates() -> (usable: [Candidate], rejected: [Rejection]) {
        var usable: [Candidate] = []
        var rejected: [Rejection] = []
        for (index, slot) in slots.enumerated() {
            guard let label = slot.label else {
                if let flaw = slot.flaw { rejected.append(Rejection(slot: index, reason: flaw)) }
                continue
            }
            if label.identity != identity {
                rejected.append(Rejection(slot: index, reason: .foreign(label.identity)))
            } else if (0..<label.chunkCount).allSatisfy({ slot.chunks[$0] != nil }) {
                usable.append(Candidate(label: label, slot: index, chunks: slot.chunks))
            } else {
                rejected.append(Rejection(slot: index, reason: slot.flaw ?? .incomplete))
            }
        }
        usable.sort { ($0.label.nextOffset, $0.label.sequence) > ($1.label.nextOffset, $1.label.sequence) }
        return (usable, rejected)
    }

    /// Where to write the next snapshot so that `kept`, the one restored from, stays.
    public func nextPlace(keeping kept: Candidate?) -> SnapshotPlace {
        let slot = kept.map { ($0.slot + 1) % SnapshotImage.slotCount } ?? 0
        return SnapshotPlace(slot: slot, sequence: highestSequence + 1)
    }

    /// The slot in a key `<partition>/<slot>/<chunk>` of this partition, or nil.
    private func slotIndex(ofKey key: ArraySlice<UInt8>) -> Int? {
        let parts = key.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        guard parts.count == 3, let partition = number(parts[0]), partition == Int(identity.input.partition) else {
            return nil
        }
        guard let slot = number(parts[1]), slots.indices.contains(slot), number(parts[2]) != nil else { return nil }
        return slot
    }

    private func number(_ digits: ArraySlice<UInt8>) -> Int? {
        Int(String(decoding: digits, as: UTF8.self))
    }
}
