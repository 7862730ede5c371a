/// One partition: records and transaction markers by offset.
struct SimulatedPartition: Sendable {
    struct Slot: Sendable {
        /// Nil is a transaction marker, which takes an offset and is never delivered.
        var record: SimulatedRecord?
        var transaction: Int?
    }

    private(set) var slots: [Slot] = []
    /// No record before this belongs to an open transaction.
    private var stableHint = 0

    var end: Int64 { Int64(slots.count) }

    mutating func append(_ record: SimulatedRecord?, transaction: Int?) {
        slots.append(Slot(record: record, transaction: transaction))
    }

    /// Changes a stored byte, as rotten storage would.
    mutating func corrupt(at index: Int, byte: Int, mask: UInt8) {
        slots[index].record?.value?[byte] ^= mask
    }

    /// One past the last record that may be read: the first of an open transaction ends it (the last stable offset).
    mutating func stableEnd(_ state: (Int) -> SimulatedTransaction.State) -> Int64 {
        while stableHint < slots.count {
            if let transaction = slots[stableHint].transaction, state(transaction) == .open { break }
            stableHint += 1
        }
        return Int64(stableHint)
    }
}

/// One transaction of one producer.
struct SimulatedTransaction: Sendable {
    enum State: Sendable {
        case open
        case committed
        case aborted
    }

    var state = State.open
    var beganAtMilliseconds: Int64
    var producer: String
    /// Partitions written to, in order of the first write.
    var partitions: [String: Set<Int32>] = [:]
    /// Input positions that take effect with the commit.
    var offsets: [PendingOffset] = []

    struct PendingOffset: Sendable {
        var group: String
        var topic: String
        var partition: Int32
        var nextOffset: Int64
    }
}
