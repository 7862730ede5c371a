public import StreamCore

extension SimulatedLog {
    public mutating func subscribe(to topics: [String]) throws(LogError) {
        try enter(.subscribe)
        self.topics = topics
        leave()
        join()
    }

    /// Gives up the membership there is. A static one stays known, and the next under its name takes its place.
    private mutating func leave() {
        positions = [:]
        paused = []
        unansweredAssignment = nil
        unansweredRevocation = nil
        obliviousPolls = nil
        guard let member, instanceID == nil else { return }
        let group = groupID
        cluster.withState { $0.groups[group]?.remove(member) }
    }

    private mutating func join() {
        let (group, topics, instance) = (groupID, topics, instanceID)
        member = cluster.withState { state in
            let partitions = topics.flatMap { topic in
                (0..<state.partitionCount(topic)).map { TopicPartition(topic, $0) }
            }
            return state.groups[group, default: SimulatedGroup()].join(partitions, instance: instance)
        }
    }

    public mutating func poll(
        into batch: inout InputBatch,
        limits: PollLimits,
        timeoutMilliseconds: Int32
    ) throws(LogError) -> PollOutcome {
        batch.removeAll()
        if unansweredAssignment != nil || unansweredRevocation != nil {
            violation("polled before a rebalance was answered")
        }
        try enter(.poll)
        if let outcome = try rebalance() { return outcome }
        fill(&batch, limits)
        guard batch.isEmpty else { return .records }
        cluster.waitIdle(timeoutMilliseconds: timeoutMilliseconds)
        return .idle
    }

    private mutating func rebalance() throws(LogError) -> PollOutcome? {
        guard let member else { return nil }
        let group = groupID
        let notice = cluster.withState { state in
            if state.happens(.expireMember, state.faults.expireMember) { state.groups[group]?.remove(member) }
            return state.groups[group, default: SimulatedGroup()].notice(for: member)
        }
        switch notice {
        case .assigned(let partitions):
            unansweredAssignment = partitions
            return .assigned(partitions)
        case .revoked(let partitions):
            unansweredRevocation = partitions
            return .revoked(partitions)
        case .replaced: throw Self.replaced
        case .removed:
            let polls = obliviousPolls ?? (cluster.random(0...1) == 0 ? 0 : cluster.random(1...12))
            obliviousPolls = polls > 0 ? polls - 1 : nil
            guard polls == 0 else { return nil }
            let partitions = positions.keys.sorted()
            self.member = nil
            unansweredRevocation = partitions
            return .lost(partitions)
        case nil: return nil
        }
    }

    /// Takes pieces of random size from random partitions, so that runs and batches are cut everywhere.
    private mutating func fill(_ batch: inout InputBatch, _ limits: PollLimits) {
        let assigned = positions.keys.filter { !paused.contains($0) }.sorted()
        guard !assigned.isEmpty else { return }
        for _ in 0..<cluster.random(1...6) {
            let partition = assigned[cluster.random(0...assigned.count - 1)]
            guard let position = positions[partition] else { continue }
            let records = take(
                partition,
                from: position,
                limit: min(cluster.random(1...12), limits.maxRecords - batch.count)
            )
            guard !records.isEmpty else { continue }
            let slot = batch.slot(of: partition)
            for (offset, record) in records {
                if let record { batch.append(record, slot: slot, offset: offset) }
                positions[partition] = max(offset + 1, position)
            }
            guard batch.byteCount < limits.maxBytes, batch.count < limits.maxRecords else { return }
        }
    }

    /// Offsets and what is visible there.
    private func take(
        _ partition: TopicPartition,
        from position: Int64,
        limit: Int
    ) -> [(offset: Int64, record: SimulatedRecord?)] {
        cluster.withState { state in
            if let polls = state.stalls[partition], polls > 0 {
                state.stalls[partition] = polls - 1
                return []
            }
            if state.happens(.stall, state.faults.stall) { state.stalls[partition] = state.random.number(1...20) }
            var start = position
            if state.happens(.redelivery, state.faults.redelivery) {
                start = max(0, position - Int64(state.random.number(1...5)))
            }
            let end = min(state.stableEnd(partition) ?? 0, start + Int64(max(0, limit)))
            guard start < end else { return [] }
            return (start..<end).map { ($0, state.visibleRecord(partition, $0)) }
        }
    }

    public mutating func assign(_ positions: [PartitionPosition]) throws(LogError) {
        try enter(.assign)
        let partitions = positions.map(\.partition).sorted()
        if unansweredAssignment?.sorted() != partitions {
            violation("assigned \(partitions) when \(unansweredAssignment ?? []) was offered")
        }
        unansweredAssignment = nil
        for position in positions { self.positions[position.partition] = position.nextOffset }
    }

    public mutating func unassign(_ partitions: [TopicPartition]) throws(LogError) {
        try enter(.assign)
        if unansweredRevocation?.sorted() != partitions.sorted() {
            violation("gave back \(partitions) when \(unansweredRevocation ?? []) was asked for")
        }
        unansweredRevocation = nil
        for partition in partitions { positions[partition] = nil }
        paused.subtract(partitions)
        guard let member else { return join() }
        let group = groupID
        cluster.withState { $0.groups[group]?.giveBack(partitions, by: member) }
    }

    public mutating func seek(to positions: [PartitionPosition]) throws(LogError) {
        try enter(.assign)
        for position in positions where self.positions[position.partition] != nil {
            self.positions[position.partition] = position.nextOffset
        }
    }

    public mutating func pause(_ partitions: [TopicPartition]) throws(LogError) {
        try enter(.assign)
        paused.formUnion(partitions.filter { positions[$0] != nil })
    }

    public mutating func resume(_ partitions: [TopicPartition]) throws(LogError) {
        try enter(.assign)
        paused.subtract(partitions)
    }

    public mutating func committedOffsets(of partitions: [TopicPartition]) throws(LogError) -> [Int64?] {
        try enter(.read)
        let group = groupID
        let offsets: [Int64?]? = cluster.withState { state in
            guard !partitions.contains(where: { state.hasPendingOffset(group, $0) }) else { return nil }
            let rewind: Int64 = state.defect == .replayWithOutputs ? 3 : 0
            return partitions.map { partition in
                state.groups[group]?.committed[partition].map { max(0, $0 - rewind) }
            }
        }
        guard let offsets else {
            throw LogError(.retry, code: "UNSTABLE_OFFSET_COMMIT", message: "a transaction holds the offset")
        }
        return offsets
    }

    public mutating func seenEnd(of partition: TopicPartition) -> Int64? { cluster.stableEnd(of: partition) }

    public mutating func watermarks(of partition: TopicPartition) throws(LogError) -> (low: Int64, high: Int64) {
        try enter(.read)
        return (0, cluster.stableEnd(of: partition))
    }

    public mutating func readAll(_ partition: TopicPartition, _ body: (InputBatch) -> Void) throws(LogError) {
        try enter(.read)
        let records = cluster.withState { state in
            let end = state.stableEnd(partition) ?? 0
            return (0..<end).map { ($0, state.visibleRecord(partition, $0)) }
        }
        var batch = InputBatch()
        for (offset, record) in records {
            guard let record else { continue }
            batch.append(record, slot: batch.slot(of: partition), offset: offset)
            guard batch.count >= 3 else { continue }
            body(batch)
            batch.removeAll()
            try maybeCrash()
        }
        if !batch.isEmpty { body(batch) }
    }

    public mutating func close() {
        guard !isCrashed, let member else { return }
        let (group, name) = (groupID, transactionalID)
        let (transaction, epoch, isStatic) = (transaction, epoch, instanceID != nil)
        cluster.withState { state in
            if isStatic {
                state.expectDeparture(of: member, from: group)
            } else {
                state.groups[group]?.remove(member)
            }
            guard let transaction, state.producers[name]?.epoch == epoch else { return }
            state.end(transaction, .aborted)
        }
        isCrashed = true
    }
}
