/// The transactions that hold back the last stable offset, and those that were aborted.
struct TransactionTable: Sendable {
    /// A transaction whose marker is written, but not behind the high watermark yet: it holds the last stable offset
    /// back, or a crash could take back the decision that readers have acted on.
    private struct Undecided: Sendable {
        var firstOffset: Int64
        var markerOffset: Int64
    }

    /// Open transactions, by first offset.
    private(set) var open: [(firstOffset: Int64, producerId: Int64)] = []
    private var undecided: [Undecided] = []
    /// Aborted transactions, by the offset of their marker.
    private(set) var aborted: [AbortedTransaction] = []

    mutating func begin(producerId: Int64, firstOffset: Int64) {
        open.append((firstOffset, producerId))
    }

    /// Ends the producer's transaction; without one, nothing happens.
    mutating func end(producerId: Int64, markerOffset: Int64, isAbort: Bool) {
        guard let index = open.firstIndex(where: { $0.producerId == producerId }) else { return }
        let firstOffset = open.remove(at: index).firstOffset
        undecided.append(Undecided(firstOffset: firstOffset, markerOffset: markerOffset))
        if isAbort {
            aborted.append(
                AbortedTransaction(producerId: producerId, firstOffset: firstOffset, lastOffset: markerOffset)
            )
        }
    }

    /// Lets go of the transactions whose marker is below the high watermark.
    mutating func advance(highWatermark: Int64) {
        if undecided.isEmpty { return }
        undecided.removeAll { $0.markerOffset < highWatermark }
    }

    /// Offset of the first record of a transaction that is not decided for good; nil without one.
    var firstUnstableOffset: Int64? {
        let decided = undecided.lazy.map(\.firstOffset).min()
        guard let open = open.first?.firstOffset else { return decided }
        return min(open, decided ?? open)
    }

    /// Aborted transactions with a marker at or above `offset` that began below `end`.
    func aborted(from offset: Int64, to end: Int64) -> [AbortedTransaction] {
        guard let last = aborted.last, last.lastOffset >= offset else { return [] }
        var low = 0
        var high = aborted.count
        while low < high {
            let middle = (low + high) / 2
            if aborted[middle].lastOffset < offset { low = middle + 1 } else { high = middle }
        }
        return aborted[low...].filter { $0.firstOffset < end }
    }

    /// Adds an aborted transaction known from an index file or a checkpoint; `settleAborted` has to follow.
    mutating func restore(_ transaction: AbortedTransaction) {
        aborted.append(transaction)
    }

    /// Puts restored and replayed aborted transactions in order, each once.
    mutating func settleAborted() {
        aborted.sort { $0.lastOffset < $1.lastOffset }
        var kept: [AbortedTransaction] = []
        for transaction in aborted where kept.last?.lastOffset != transaction.lastOffset { kept.append(transaction) }
        aborted = kept
    }

    /// Forgets aborted transactions with a marker below `offset`.
    mutating func removeAborted(below offset: Int64) {
        aborted.removeAll { $0.lastOffset < offset }
    }
}
