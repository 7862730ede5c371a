import StreamCore

extension LogConformance where L: ~Copyable {
    mutating func checkVisibility() throws {
        var writer = try member()
        try writer.log.beginTransaction()
        try writer.produce([Self.record("aborted")], to: out)
        try writer.log.abort()
        expectEqual(try committedValues(of: out), [], "after an abort")

        var reader = try member("b")
        try reader.log.subscribe(to: [output])
        try reader.run { $0.owned.count == 1 }
        try writer.log.beginTransaction()
        try writer.produce([Self.record("first")], to: out)
        // Behind the open transaction: it must not overtake.
        try append([Self.record("outside")], to: out)
        for _ in 0..<4 { try reader.step() }
        expect(!reader.values.contains("first"), "a record of an open transaction is delivered")
        expect(try !committedValues(of: out).contains("first"), "a record of an open transaction is read")
        try writer.log.commit([])
        try reader.run { $0.deliveries.count >= 2 }
        expectEqual(reader.values.sorted(), ["first", "outside"], "after the commit")

        try writer.log.beginTransaction()
        try writer.produce([Self.record("given up")], to: out)
        try writer.log.abort()
        for _ in 0..<4 { try reader.step() }
        expectEqual(reader.deliveries.count, 2, "records after another abort")
        expectEqual(try committedValues(of: out).sorted(), ["first", "outside"], "the whole partition")
        reader.log.close()
        writer.log.close()
    }

    mutating func checkAbortedOffsets() throws {
        try append(0..<8)
        var member = try member()
        try member.log.subscribe(to: [input])
        try member.run { $0.deliveries.count >= 8 }
        try member.log.beginTransaction()
        try member.produce([Self.record("dropped")], to: out)
        try member.log.abort()
        expectEqual(try member.log.committedOffsets(of: inputs), [nil, nil], "committed offsets after an abort")

        member.deliveries = []
        try member.seek(to: inputs.map { PartitionPosition($0, nextOffset: 0) })
        try member.run { $0.deliveries.count >= 8 }
        expectEqual(member.values.sorted(), values(0..<8), "the batch again")
        try member.commit([Self.record("kept")], to: out)
        expectEqual(try member.log.committedOffsets(of: inputs), [4, 4], "committed offsets after the commit")
        expectEqual(try committedValues(of: out), ["kept"], "outputs")
        member.log.close()
    }

    mutating func checkCommitTogether() throws {
        try append(0..<10)
        var first = try member()
        try first.log.subscribe(to: [input])
        try first.run { $0.deliveries.count >= 10 }
        let positions = first.positions
        try first.log.beginTransaction()
        try first.produce([Self.record("one"), Self.record("two")], to: out)
        expectEqual(try first.log.committedOffsets(of: inputs), [nil, nil], "committed offsets before the commit")
        try first.log.commit(positions)
        expectEqual(try first.log.committedOffsets(of: inputs), [5, 5], "committed offsets after it")
        expectEqual(try committedValues(of: out), ["one", "two"], "outputs after it")
        first.log.close()

        try append(10..<12)
        var second = try member()
        try second.log.subscribe(to: [input])
        try second.run { $0.deliveries.count >= 2 }
        for _ in 0..<3 { try second.step() }
        expectEqual(second.values.sorted(), ["v10", "v11"], "what the successor reads")
        // Effects go out with their timestamps, to the partition the processor chose.
        var effects = Effects(outputs: [.init(topic: output, partitionCount: 1)], counterCount: 0)
        effects.emit(to: 0, key: [1], timestampMilliseconds: 1_700_000_000_123) { $0 += [7, 8] }
        try second.log.beginTransaction()
        try second.log.produce(effects)
        try second.log.commit(second.positions)
        let last = try committedRecords(of: out).last
        expectEqual(
            last,
            SimulatedRecord(key: [1], value: [7, 8], timestampMilliseconds: 1_700_000_000_123),
            "an effect"
        )
        second.log.close()
    }

    mutating func checkProducerFencing() throws {
        var zombie = try member("same")
        try zombie.log.beginTransaction()
        try zombie.produce([Self.record("of the zombie")], to: out)
        var successor = try member("same")
        try successor.log.beginTransaction()
        try successor.produce([Self.record("of the successor")], to: out)
        try successor.log.commit([])
        let refused = try reaction { try zombie.log.commit([]) }
        expectEqual(refused, .fenced, "the reaction to the zombie's commit")
        expectEqual(try committedValues(of: out), ["of the successor"], "outputs")

        try zombie.log.renewProducer()
        try zombie.log.beginTransaction()
        try zombie.produce([Self.record("renewed")], to: out)
        try zombie.log.commit([])
        expectEqual(try committedValues(of: out), ["of the successor", "renewed"], "outputs after renewing")
        let fenced = try reaction {
            try successor.log.beginTransaction()
            try successor.produce([Self.record("too late")], to: out)
            try successor.log.commit([])
        }
        expectEqual(fenced, .fenced, "the reaction to the former successor")
        expectEqual(try committedValues(of: out), ["of the successor", "renewed"], "outputs in the end")
        zombie.log.close()
        successor.log.close()
    }

    mutating func checkOrphanedTransaction() throws {
        try append(0..<4)
        var orphan = try member("same")
        try orphan.log.subscribe(to: [input])
        try orphan.run { $0.deliveries.count >= 4 }
        try orphan.log.beginTransaction()
        try orphan.produce([Self.record("orphaned")], to: out)

        var successor = try member("same")
        try successor.log.beginTransaction()
        // A successor that has begun waits for nobody: readers are past what the dead one left open.
        try append([Self.record("outside")], to: out)
        expectEqual(try committedValues(of: out), ["outside"], "outputs while the successor's transaction is open")
        expectEqual(try successor.log.committedOffsets(of: inputs), [nil, nil], "committed offsets")
        try successor.log.abort()
        successor.log.close()
        orphan.log.close()
    }

    mutating func checkUnknownOutcome() throws {
        guard let disturbCommits else { return }
        for round in 1...24 {
            try append(round * 2 - 2..<round * 2)
            var member = try member("unknown-\(round)")
            try member.log.subscribe(to: [input])
            try member.run { $0.deliveries.count >= 2 }
            try member.log.beginTransaction()
            try member.produce([Self.record("round \(round)")], to: out)
            disturbCommits(true)
            let answer = try reaction { try member.log.commit(member.positions) }
            disturbCommits(false)
            try settle(&member, answer)
            let committed = try member.log.committedOffsets(of: inputs)
            let isCommitted = committed == [Int64(round), Int64(round)]
            let isVisible = try committedValues(of: out).contains("round \(round)")
            expectEqual(isVisible, isCommitted, "round \(round), \(String(describing: answer)): outputs and positions")
            if !isCommitted { try member.commit([Self.record("round \(round)")], to: out) }
            member.log.close()
        }
        expectEqual(try committedValues(of: out), (1...24).map { "round \($0)" }, "outputs, each once")
    }

    /// Does what a stream thread does after such an answer.
    private mutating func settle(_ member: inout ConformanceMember<L>, _ answer: LogError.Reaction?) throws {
        switch answer {
        case .retry: try member.log.commit(member.positions)
        case .abortAndRedo: try member.log.abort()
        case .fenced, .rejoin: try member.log.renewProducer()
        case .fatal, nil: expect(false, "a commit with an unknown outcome answers \(String(describing: answer))")
        }
    }

    mutating func checkRecordLimits() throws {
        var writer = try member()
        let large = (0..<fittingValueBytes).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ ($0 >> 8)) }
        try writer.log.beginTransaction()
        try writer.produce([SimulatedRecord(key: [1], value: large)], to: out)
        try writer.log.commit([])
        expect(try committedRecords(of: out).map(\.value) == [large], "a large record does not come back as it was")

        let refused = try reaction {
            try writer.log.beginTransaction()
            try writer.produce(
                [SimulatedRecord(key: [1], value: [UInt8](repeating: 7, count: unfittingValueBytes))],
                to: out
            )
            try writer.log.commit([])
        }
        expectEqual(refused, .fatal, "the reaction to a record that is too large")
        // The stream thread ends here; whoever comes after it has a new producer.
        try writer.log.abort()
        try writer.log.renewProducer()
        try writer.log.beginTransaction()
        try writer.produce([Self.record("small")], to: out)
        try writer.log.commit([])
        expectEqual(try committedRecords(of: out).count, 2, "records in the end")
        writer.log.close()
    }

    mutating func checkEmptyTransactions() throws {
        try append(0..<2)
        var member = try member()
        try member.log.abort()
        try member.log.beginTransaction()
        try member.log.commit([])
        try member.log.beginTransaction()
        try member.log.abort()
        try member.log.abort()
        try member.log.subscribe(to: [input])
        try member.run { $0.deliveries.count >= 2 }
        try member.commit()
        expectEqual(try member.log.committedOffsets(of: inputs), [1, 1], "positions committed without outputs")
        expectEqual(try committedValues(of: out), [], "outputs")
        member.log.close()
    }
}
