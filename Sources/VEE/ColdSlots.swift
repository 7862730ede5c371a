import StreamCore

/// The older slots of a series as bytes (`PackedSlots`), in pieces of a day, directly before the slots that are at hand.
struct ColdSlots: Sendable {
    struct Piece: Sendable, Equatable {
        /// First slot and number of slots.
        var first: Int64
        var count: Int32
        /// Where it begins in `bytes`.
        var offset: Int
    }

    private(set) var pieces: [Piece] = []
    private(set) var bytes: [UInt8] = []

    var isEmpty: Bool { pieces.isEmpty }
    /// The first slot; only when there is one.
    var base: Int64? { pieces.first?.first }
    var end: Int64? { pieces.last.map { $0.first + Int64($0.count) } }
    var count: Int { pieces.reduce(0) { $0 + Int($1.count) } }

    /// Adds a piece at the end.
    mutating func append(_ store: borrowing SlotStore, _ range: Range<Int>, _ references: [Series.Reference]) {
        pieces.append(
            Piece(first: store.base + Int64(range.lowerBound), count: Int32(range.count), offset: bytes.count)
        )
        let held = bytes
        bytes = []
        var writer = CompactWriter(appendingTo: held)
        PackedSlots.append(store, range, references, to: &writer)
        bytes = writer.bytes
    }

    /// Index of the piece that has a slot; nil when none has.
    func piece(at slot: Int64) -> Int? {
        guard let base, let end, slot >= base, slot < end else { return nil }
        var low = 0
        var high = pieces.count
        while low < high {
            let middle = (low + high) / 2
            if pieces[middle].first <= slot { low = middle + 1 } else { high = middle }
        }
        return low - 1
    }

    /// The slots of a piece. Bytes that can't be read have been refused when they came (`init` checks all of them).
    func read(_ piece: Int, _ references: inout [Series.Reference]) -> SlotStore {
        var reader = CompactReader(position: pieces[piece].offset)
        do {
            return try PackedSlots.read(base: pieces[piece].first, &reader, bytes.span, into: &references)
        } catch {
            preconditionFailure("packed slots can't be read: \(error)")
        }
    }

    /// Takes the pieces from one on out.
    mutating func removeAll(from piece: Int) {
        guard piece < pieces.count else { return }
        bytes.removeSubrange(pieces[piece].offset...)
        pieces.removeSubrange(piece...)
    }

    /// Drops the pieces that end at a slot or before it.
    mutating func removeBelow(_ slot: Int64) {
        var surplus = 0
        while surplus < pieces.count, pieces[surplus].first + Int64(pieces[surplus].count) <= slot { surplus += 1 }
        guard surplus > 0 else { return }
        let cut = surplus < pieces.count ? pieces[surplus].offset : bytes.count
        pieces.removeSubrange(..<surplus)
        bytes.removeSubrange(..<cut)
        for index in pieces.indices { pieces[index].offset -= cut }
    }
}

extension ColdSlots {
    func encode(into writer: inout CompactWriter) {
        writer.append(count: pieces.count)
        if let base { writer.append(base) }
        for piece in pieces {
            writer.append(count: Int(piece.count))
            writer.append(count: piece.offset)
        }
        writer.append(bytes)
    }

    /// Takes the bytes as they are; a snapshot is verified by its hash before it comes here, so only the frame is checked.
    init(_ reader: inout CompactReader, _ state: Span<UInt8>) throws(StateError) {
        let count = try reader.count(state)
        guard count > 0 else {
            guard try reader.count(state) == 0 else { throw .malformed("packed slots of no day") }
            return
        }
        var first: Int64 = try reader.integer(state)
        pieces.reserveCapacity(count)
        for _ in 0..<count {
            let slots = Int32(clamping: try reader.unsigned(state))
            let offset = Int(clamping: try reader.unsigned(state))
            guard offset >= pieces.last?.offset ?? 0 else { throw .malformed("packed slots out of order") }
            pieces.append(Piece(first: first, count: slots, offset: offset))
            first &+= Int64(slots)
        }
        bytes = try reader.array(state)
        guard let last = pieces.last, last.offset < bytes.count else { throw .malformed("packed slots cut off") }
    }
}
