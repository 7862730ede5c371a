import StreamCore

/// What the outputs of the ledger must be, worked out on its own: plain sums over the inputs as they were appended. It shares no code
/// with the processor's fold, the loop, or the log's visibility rules.
struct LedgerOracle {
    private(set) var inputs: [[LedgerProcessor.Entry]]
    /// Offsets of the records at which partitions stand still.
    private(set) var faults: [Int: Int64] = [:]

    init(partitions: Int) {
        inputs = Array(repeating: [], count: partitions)
    }

    mutating func append(_ entry: LedgerProcessor.Entry, partition: Int) {
        guard faults[partition] == nil else { return }
        inputs[partition].append(entry)
    }

    /// Nothing of the partition comes out from this offset on.
    mutating func appendFault(at offset: Int64, partition: Int) {
        faults[partition] = offset
    }

    /// The balances of every key, in order.
    func expected() -> [String: [LedgerProcessor.Balance]] {
        var result: [String: [LedgerProcessor.Balance]] = [:]
        for entries in inputs {
            var ids: Set<UInt64> = []
            var arrivals: [String: Int64] = [:]
            for entry in entries {
                arrivals[entry.key, default: 0] += 1
                guard ids.insert(entry.id).inserted else { continue }
                let last = result[entry.key]?.last
                let next = LedgerProcessor.Balance(
                    id: entry.id,
                    count: (last?.count ?? 0) + 1,
                    sum: (last?.sum ?? 0) + entry.amount,
                    arrivals: arrivals[entry.key, default: 0]
                )
                result[entry.key, default: []].append(next)
            }
        }
        return result
    }

    /// The first difference of each key, or nothing.
    func differences(from outputs: [SimulatedRecord]) -> [SimulationReport.Violation] {
        var actual: [String: [LedgerProcessor.Balance]] = [:]
        for record in outputs {
            guard let balance = LedgerProcessor.Balance(record.value ?? []) else {
                return [SimulationReport.Violation(.stateFollowsInput, "an output is no balance")]
            }
            actual[String(decoding: record.key, as: UTF8.self), default: []].append(balance)
        }
        let expected = expected()
        return Set(expected.keys).union(actual.keys).sorted().compactMap { key in
            let (want, got) = (expected[key] ?? [], actual[key] ?? [])
            guard want != got else { return nil }
            let index =
                zip(want, got).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? min(want.count, got.count)
            let (wanted, found) = (want.dropFirst(index).first, got.dropFirst(index).first)
            return SimulationReport.Violation(
                law(wanted: want, got: got, index),
                "\(key): output \(index) of \(want.count): expected \(text(wanted)), found \(text(found))"
            )
        }
    }

    /// Which law the difference at an index breaks.
    private func law(
        wanted: [LedgerProcessor.Balance],
        got: [LedgerProcessor.Balance],
        _ index: Int
    ) -> SimulationLaw {
        guard index < got.count else { return .nothingLost }
        let found = got[index]
        if got[..<index].contains(where: { $0.id == found.id }) { return .nothingTwice }
        let isSkipped = index < wanted.count && found.id != wanted[index].id
        return isSkipped && !got.contains { $0.id == wanted[index].id } ? .nothingLost : .stateFollowsInput
    }

    private func text(_ balance: LedgerProcessor.Balance?) -> String {
        balance.map { "id \($0.id), count \($0.count), sum \($0.sum), arrivals \($0.arrivals)" } ?? "nothing"
    }
}
