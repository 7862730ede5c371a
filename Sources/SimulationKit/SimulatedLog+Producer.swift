public import StreamCore

extension SimulatedLog {
    public mutating func beginTransaction() throws(LogError) {
        try enter(.begin)
        if transaction != nil { violation("began a transaction while one is open") }
        let name = transactionalID
        transaction = cluster.withState { $0.begin(name) }
        appliedCommit = nil
        try maybeCrash()
    }

    public mutating func produce(_ effects: borrowing Effects) throws(LogError) {
        try enter(.produce)
        let group = groupID
        cluster.withState { state in
            if state.happens(.rebalance, state.faults.rebalance) { state.groups[group]?.shuffle() }
        }
        for (index, entry) in effects.entries.enumerated() {
            let record = SimulatedRecord(
                key: Array(effects.bytes[entry.key]),
                value: Array(effects.bytes[entry.value]),
                timestampMilliseconds: entry.timestampMilliseconds
            )
            let topic = effects.outputs[entry.output].topic
            try append(record, to: TopicPartition(topic, entry.partition))
            if index % 4 == 3 { try maybeCrash() }
        }
    }

    public mutating func produce(
        topic: String,
        partition: Int32,
        key: [UInt8],
        value: [UInt8]?
    ) throws(LogError) {
        try enter(.produce)
        try append(SimulatedRecord(key: key, value: value), to: TopicPartition(topic, partition))
        try maybeCrash()
    }

    private mutating func append(_ record: SimulatedRecord, to partition: TopicPartition) throws(LogError) {
        guard let transaction else {
            violation("produced without a transaction")
            return
        }
        guard (record.value?.count ?? 0) <= ClusterState.maximumValueBytes else {
            mustAbort = true
            throw LogError(.fatal, code: "MSG_SIZE_TOO_LARGE", message: "\(record.value?.count ?? 0) bytes")
        }
        guard cluster.withState({ state in state.append(record, to: partition, transaction: transaction) }) else {
            throw LogError(.fatal, code: "UNKNOWN_TOPIC_OR_PART", message: "\(partition)")
        }
    }

    public mutating func commit(_ positions: [PartitionPosition]) throws(LogError) {
        if let applied = appliedCommit, !isCrashed {
            if applied != positions { violation("went on with a commit with other positions") }
            appliedCommit = nil
            return
        }
        try enter(.commit)
        guard let transaction else {
            violation("committed without a transaction")
            return
        }
        try validateMember(positions)
        try addOffsets(positions, transaction)
        if let error = unknownOutcome() {
            let isApplied = cluster.random(0...1) == 0
            if isApplied { cluster.withState { $0.end(transaction, .committed) } }
            try fail(error, isApplied: isApplied, positions)
        }
        cluster.withState { $0.end(transaction, .committed) }
        self.transaction = nil
        try maybeCrash()
    }

    /// The group checks the committer's membership, so that a member that lost its partitions can't commit their offsets.
    private mutating func validateMember(_ positions: [PartitionPosition]) throws(LogError) {
        guard !positions.isEmpty else { return }
        let (group, member) = (groupID, member)
        let isValid = cluster.withState { state in
            guard state.defect != .removedMembersMayCommit else { return true }
            return member.map { state.groups[group, default: SimulatedGroup()].isMember($0) } ?? false
        }
        guard !isValid else { return }
        mustAbort = true
        throw LogError(.fenced, code: "UNKNOWN_MEMBER_ID", message: "not a member any more")
    }

    private mutating func addOffsets(_ positions: [PartitionPosition], _ transaction: Int) throws(LogError) {
        let group = groupID
        let offsets = positions.map { position in
            SimulatedTransaction.PendingOffset(
                group: group,
                topic: position.partition.topic,
                partition: position.partition.partition,
                nextOffset: position.nextOffset
            )
        }
        let defect = cluster.withState { state in
            switch state.defect {
            case .offsetsCommittedBeforeOutputs:
                for offset in offsets { state.commit(offset) }
            case .outputsCommittedBeforeOffsets:
                state.end(transaction, .committed)
            default:
                state.transactions[transaction].offsets = offsets
            }
            return state.defect
        }
        try maybeCrash()
        if defect == .outputsCommittedBeforeOffsets {
            cluster.withState { state in
                for offset in offsets { state.commit(offset) }
            }
        }
    }

    private func unknownOutcome() -> LogError? {
        cluster.withState { state in
            guard state.happens(.unknownCommit, state.faults.unknownCommit) else { return nil }
            switch state.random.number(0...2) {
            case 0: return LogError(.retry, code: "SIMULATED_TIMEOUT", message: "commit timed out")
            case 1: return LogError(.abortAndRedo, code: "SIMULATED_TIMEOUT", message: "commit timed out")
            default: return LogError(.fenced, code: "SIMULATED_TIMEOUT", message: "commit timed out")
            }
        }
    }

    private mutating func fail(
        _ error: LogError,
        isApplied: Bool,
        _ positions: [PartitionPosition]
    ) throws(LogError) {
        switch error.reaction {
        case .retry:
            if isApplied {
                transaction = nil
                appliedCommit = positions
            }
        case .abortAndRedo: mustAbort = true
        case .fenced:
            let name = transactionalID
            cluster.withState { $0.fence(name) }
        case .rejoin, .fatal: break
        }
        throw error
    }

    public mutating func abort() throws(LogError) {
        try enter(.abort)
        defer {
            transaction = nil
            mustAbort = false
            appliedCommit = nil
        }
        guard let transaction else { return }
        let (name, epoch) = (transactionalID, epoch)
        let isCurrent = cluster.withState { state in
            guard state.producers[name]?.epoch == epoch else { return false }
            state.end(transaction, state.defect == .redoKeepsOutputs ? .committed : .aborted)
            return true
        }
        guard isCurrent else { throw Self.fenced }
    }

    public mutating func renewProducer() throws(LogError) {
        try enter(.renew)
        let name = transactionalID
        epoch = cluster.withState { state in
            state.fence(name)
            return state.producers[name]?.epoch ?? 0
        }
        transaction = nil
        mustAbort = false
        appliedCommit = nil
        try maybeCrash()
    }
}
