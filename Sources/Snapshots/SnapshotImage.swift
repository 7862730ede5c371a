import StreamCore

/// A state cut into records, ready to be written in one transaction.
///
/// Keys are `<partition>/<slot>/<chunk>`. Two slots are written in turn, so the snapshot before stays whole until the newer one is.
public struct SnapshotImage: Sendable {
    /// Payload bytes of one record, well under Kafka's default record limit of 1 MB.
    public static let defaultChunkBytes = 512 << 10
    /// Slots of a partition that are written in turn.
    public static let slotCount = 2

    public let label: SnapshotLabel
    public let slot: Int
    private let state: [UInt8]
    private let chunkBytes: Int

    /// - Parameter state: what the processor's `encodeState` wrote.
    public init(
        identity: SnapshotLabel.Identity,
        place: SnapshotPlace,
        nextOffset: Int64,
        state: [UInt8],
        chunkBytes: Int = SnapshotImage.defaultChunkBytes
    ) {
        precondition(chunkBytes > 0, "a chunk holds at least a byte")
        self.label = SnapshotLabel(
            identity: identity,
            sequence: place.sequence,
            nextOffset: nextOffset,
            stateByteCount: state.count,
            stateChecksum: StateChecksum.of(state.span),
            chunkCount: max(1, (state.count + chunkBytes - 1) / chunkBytes)
        )
        self.slot = place.slot
        self.state = state
        self.chunkBytes = chunkBytes
    }

    public var chunkCount: Int { label.chunkCount }

    public func key(ofChunk index: Int) -> [UInt8] {
        Array("\(label.identity.input.partition)/\(slot)/\(index)".utf8)
    }

    public func value(ofChunk index: Int) -> [UInt8] {
        let start = min(index * chunkBytes, state.count)
        let end = min(start + chunkBytes, state.count)
        return SnapshotChunk(label: label, index: index, payload: Array(state[start..<end])).encoded()
    }
}

/// Where the next snapshot of a partition goes.
public struct SnapshotPlace: Sendable, Equatable {
    public var slot: Int
    public var sequence: UInt64

    public init(slot: Int = 0, sequence: UInt64 = 1) {
        self.slot = slot
        self.sequence = sequence
    }

    /// The place after this one was written.
    public var following: SnapshotPlace {
        SnapshotPlace(slot: (slot + 1) % SnapshotImage.slotCount, sequence: sequence + 1)
    }
}
