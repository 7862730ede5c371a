import StreamCore

/// Everything that the in-memory log holds. Only touched under the lock of `SimulatedCluster`.
struct ClusterState: Sendable {
    static let transactionTimeoutMilliseconds: Int64 = 20_000
    static let sessionTimeoutMilliseconds: Int64 = 6_000
    /// Bytes of the largest value that a topic takes.
    static let maximumValueBytes = 4 << 20

    struct Producer: Sendable {
        var epoch = 0
        var transaction: Int?
    }

    var nowNanoseconds: Int64 = 0
    var random: SeededRandom
    var faults: FaultPlan
    var defect: PlantedDefect?
    var topics: [String: [SimulatedPartition]] = [:]
    var transactions: [SimulatedTransaction] = []
    var producers: [String: Producer] = [:]
    var groups: [String: SimulatedGroup] = [:]
    /// Members of dead processes, and when the group will notice.
    var departures: [(group: String, member: Int, atMilliseconds: Int64)] = []
    /// Polls for which a partition gives nothing.
    var stalls: [TopicPartition: Int] = [:]
    /// Breaches of the contract between loop and log.
    var violations: [String] = []
    var faultCounts: [String: Int] = [:]
    /// Places passed where a process may die.
    var crashPoints = 0
    /// The one at which the process that passes it dies, whatever the plan says.
    var crashAtPoint: Int?

    var nowMilliseconds: Int64 { nowNanoseconds / 1_000_000 }

    mutating func happens(_ kind: FaultKind, _ perMillion: Int) -> Bool {
        guard random.chance(perMillion: perMillion) else { return false }
        faultCounts[kind.rawValue, default: 0] += 1
        return true
    }

    /// Whether the process dies here.
    mutating func crashesHere() -> Bool {
        crashPoints += 1
        guard crashPoints == crashAtPoint else { return happens(.crash, faults.crash) }
        faultCounts[FaultKind.crash.rawValue, default: 0] += 1
        return true
    }

    // MARK: Time

    /// Follows a clock that moves by itself.
    mutating func advance(to nanoseconds: Int64) {
        advance(nanoseconds: max(0, nanoseconds - nowNanoseconds))
    }

    mutating func advance(nanoseconds: Int64) {
        nowNanoseconds += nanoseconds
        let now = nowMilliseconds
        for departure in departures where departure.atMilliseconds <= now {
            groups[departure.group]?.remove(departure.member)
        }
        departures.removeAll { $0.atMilliseconds <= now }
        for name in producers.keys.sorted() {
            guard let id = producers[name]?.transaction, transactions[id].state == .open else { continue }
            guard now - transactions[id].beganAtMilliseconds >= Self.transactionTimeoutMilliseconds else { continue }
            fence(name)
        }
    }

    /// The group notices after the session timeout that a member is gone.
    mutating func expectDeparture(of member: Int, from group: String) {
        departures.append((group, member, nowMilliseconds + Self.sessionTimeoutMilliseconds))
    }

    // MARK: Records

    func partitionCount(_ topic: String) -> Int32 { Int32(topics[topic]?.count ?? 0) }

    mutating func append(_ record: SimulatedRecord?, to partition: TopicPartition, transaction: Int?) -> Bool {
        let index = Int(partition.partition)
        guard let count = topics[partition.topic]?.count, index < count else { return false }
        topics[partition.topic]?[index].append(record, transaction: transaction)
        if let transaction {
            transactions[transaction].partitions[partition.topic, default: []].insert(partition.partition)
        }
        return true
    }

    mutating func stableEnd(_ partition: TopicPartition) -> Int64? {
        let transactions = transactions
        let index = Int(partition.partition)
        guard let count = topics[partition.topic]?.count, index < count else { return nil }
        return topics[partition.topic]?[index].stableEnd { transactions[$0].state }
    }

    /// The visible record at an offset, nil for markers and aborted ones.
    func visibleRecord(_ partition: TopicPartition, _ offset: Int64) -> SimulatedRecord? {
        guard let slot = topics[partition.topic]?[Int(partition.partition)].slots[Int(offset)] else { return nil }
        if let transaction = slot.transaction, transactions[transaction].state != .committed {
            guard defect == .abortedRecordsVisible else { return nil }
        }
        return slot.record
    }

    // MARK: Transactions

    mutating func fence(_ producer: String) {
        if let id = producers[producer]?.transaction { end(id, .aborted) }
        producers[producer, default: Producer()].epoch += 1
        producers[producer]?.transaction = nil
    }

    mutating func begin(_ producer: String) -> Int {
        transactions.append(SimulatedTransaction(beganAtMilliseconds: nowMilliseconds, producer: producer))
        let id = transactions.count - 1
        producers[producer]?.transaction = id
        return id
    }

    mutating func end(_ id: Int, _ state: SimulatedTransaction.State) {
        guard transactions[id].state == .open else { return }
        transactions[id].state = state
        for (topic, partitions) in transactions[id].partitions.sorted(by: { $0.key < $1.key }) {
            for partition in partitions.sorted() {
                topics[topic]?[Int(partition)].append(nil, transaction: nil)
            }
        }
        let producer = transactions[id].producer
        if producers[producer]?.transaction == id { producers[producer]?.transaction = nil }
        guard state == .committed else { return }
        for offset in transactions[id].offsets { commit(offset) }
    }

    mutating func commit(_ offset: SimulatedTransaction.PendingOffset) {
        let partition = TopicPartition(offset.topic, offset.partition)
        let isForward = groups[offset.group, default: SimulatedGroup()].commit(partition, offset.nextOffset)
        if !isForward { violations.append("the committed offset of \(partition) went back to \(offset.nextOffset)") }
    }

    /// Whether an open transaction holds an offset of the partition that may still become the committed one.
    func hasPendingOffset(_ group: String, _ partition: TopicPartition) -> Bool {
        producers.values.contains { producer in
            guard let id = producer.transaction, transactions[id].state == .open else { return false }
            return transactions[id].offsets.contains {
                $0.group == group && $0.topic == partition.topic && $0.partition == partition.partition
            }
        }
    }
}
