import StreamCore

extension LogConformance where L: ~Copyable {
    /// Steps both until each owns one partition.
    private func share(_ first: inout ConformanceMember<L>, _ second: inout ConformanceMember<L>) throws {
        for _ in 0..<400 where first.owned.count != 1 || second.owned.count != 1 {
            try first.step()
            try second.step()
        }
    }

    mutating func checkJoining() throws {
        try append(0..<10)
        var first = try member("a")
        try first.log.subscribe(to: [input])
        try first.run { $0.deliveries.count >= 10 }
        first.rebalances = []

        var second = try member("b")
        try second.log.subscribe(to: [input])
        try share(&first, &second)
        expectEqual([first.owned.count, second.owned.count], [1, 1], "partitions of each")
        expect(first.owned.isDisjoint(with: second.owned), "a partition has two owners")
        expectEqual(first.losses, 0, "losses")
        expectEqual(first.rebalances, [.revoked(second.owned.sorted())], "what the first was told: only what moves")
        // The first committed before it gave its partition back, and reads on in the one it kept.
        try append(10..<14)
        for _ in 0..<400 where first.deliveries.count + second.deliveries.count < 14 {
            try first.step()
            try second.step()
        }
        expectEqual((first.values + second.values).sorted(), values(0..<14), "every record once")
        first.log.close()
        second.log.close()
    }

    mutating func checkLeaving() throws {
        try append(0..<4)
        var first = try member("a")
        try first.log.subscribe(to: [input])
        try first.run { $0.owned.count == 2 }
        var second = try member("b")
        try second.log.subscribe(to: [input])
        try share(&first, &second)
        let moved = first.owned.sorted()
        try first.commit()
        first.log.close()
        second.rebalances = []
        try second.run { $0.owned.count == 2 }
        expectEqual(second.rebalances, [.assigned(moved)], "what the other was told: only what moves")
        expectEqual(second.owned.count, 2, "partitions of the one that stayed")
        second.log.close()
    }

    mutating func checkGenerationFencing() throws {
        try append(0..<4)
        var zombie = try member("zombie")
        try zombie.log.subscribe(to: [input])
        try zombie.run { $0.deliveries.count >= 4 }
        try zombie.log.beginTransaction()
        outlastMembers()

        var heir = try member("heir")
        try heir.log.subscribe(to: [input])
        try heir.run { $0.deliveries.count >= 4 }
        try heir.commit([Self.record("of the heir")], to: out)

        let refused = try reaction {
            try zombie.produce([Self.record("of the zombie")], to: out)
            try zombie.log.commit(inputs.map { PartitionPosition($0, nextOffset: 1) })
        }
        expectEqual(refused, .fenced, "the reaction to the zombie's commit")
        try zombie.log.renewProducer()
        expectEqual(try heir.log.committedOffsets(of: inputs), [2, 2], "committed offsets")
        expectEqual(try committedValues(of: out), ["of the heir"], "outputs")
        for _ in 0..<400 where zombie.losses == 0 {
            try zombie.step()
            try heir.step()
        }
        expectEqual(zombie.losses, 1, "losses of the zombie")
        expect(zombie.owned.isEmpty || zombie.rebalances.last == .lost(inputs), "the zombie owns \(zombie.owned)")
        zombie.log.close()
        heir.log.close()
    }

    mutating func checkStaticRestart() throws {
        try append(0..<4)
        var first = try member("a", isStatic: true)
        try first.log.subscribe(to: [input])
        try first.run { $0.owned.count == 2 }
        var second = try member("b", isStatic: true)
        try second.log.subscribe(to: [input])
        try share(&first, &second)
        for _ in 0..<400 where first.deliveries.count + second.deliveries.count < 4 {
            try first.step()
            try second.step()
        }
        try first.commit()
        try second.commit()
        first.rebalances = []
        let owned = second.owned
        second.log.close()

        var returned = try member("b", isStatic: true)
        try returned.log.subscribe(to: [input])
        for _ in 0..<400 where returned.owned != owned {
            try first.step()
            try returned.step()
        }
        for _ in 0..<10 {
            try first.step()
            try returned.step()
        }
        expectEqual(returned.owned, owned, "partitions of the one that returned")
        expectEqual(first.rebalances, [], "what the other was told")
        try append(4..<8)
        let before = first.deliveries.count
        for _ in 0..<400 where first.deliveries.count - before + returned.deliveries.count < 4 {
            try first.step()
            try returned.step()
        }
        let new = first.values.dropFirst(before) + returned.values
        expectEqual(new.sorted(), values(4..<8), "records after the return, each once")
        first.log.close()
        returned.log.close()
    }

    mutating func checkStaticIntruder() throws {
        try append(0..<4)
        var first = try member("a", isStatic: true)
        try first.log.subscribe(to: [input])
        try first.run { $0.deliveries.count >= 4 }
        var intruder = try member("a", isStatic: true)
        try intruder.log.subscribe(to: [input])
        try intruder.run { $0.owned.count == 2 }
        let fenced = try fence(&first, whileStepping: &intruder)
        expectEqual(fenced, .rejoin, "the reaction of the first's polls")
        expectEqual(intruder.owned, Set(inputs), "partitions of the second")
        // The second has its transactional id too, so that its producer may be what is refused.
        let refused = try refusal(of: &first)
        expect(refused == .rejoin || refused == .fenced, "the first's commit: \(String(describing: refused))")

        // Joined again it has the name, and the other has lost it.
        try first.rejoin([input])
        try first.run { $0.owned.count == 2 }
        expectEqual(first.owned, Set(inputs), "partitions of the first, which joined again")
        let fencedInTurn = try fence(&intruder, whileStepping: &first)
        expectEqual(fencedInTurn, .rejoin, "the reaction of the second's polls")
        try append(4..<8)
        let wanted = values(4..<8)
        try first.run { Set(wanted).isSubset(of: $0.values) }
        expectEqual(first.values.filter { wanted.contains($0) }.sorted(), wanted, "records after the return, each once")
        first.log.close()
        intruder.log.close()
    }

    /// Steps both until a poll of the first is refused.
    private func fence(
        _ first: inout ConformanceMember<L>,
        whileStepping second: inout ConformanceMember<L>
    ) throws -> LogError.Reaction? {
        for _ in 0..<400 {
            try second.step()
            if let refused = try reaction({ try first.step() }) { return refused }
        }
        return nil
    }

    private func refusal(of member: inout ConformanceMember<L>) throws -> LogError.Reaction? {
        try reaction { try member.commit() }
    }
}
