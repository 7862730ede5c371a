import StreamCore

extension LogConformance where L: ~Copyable {
    mutating func checkOrder() throws {
        try append(0..<60)
        var member = try member()
        try member.log.subscribe(to: [input])
        try member.run { $0.deliveries.count >= 60 }
        for _ in 0..<3 { try member.step() }
        expectEqual(member.values.sorted(), values(0..<60), "every record once")
        for (remainder, partition) in inputs.enumerated() {
            let mine = member.deliveries.filter { $0.partition == partition }
            expectEqual(mine.map(\.offset), (0..<30).map { Int64($0) }, "offsets of \(partition)")
            let expected = (0..<30).map { "v\($0 * 2 + remainder)" }
            expectEqual(mine.map { String(decoding: $0.record.value ?? [], as: UTF8.self) }, expected, "\(partition)")
        }
        member.log.close()
    }

    mutating func checkBytes() throws {
        let headers = [
            SimulatedRecord.Header(name: "ml-id", value: Array("7".utf8)),
            SimulatedRecord.Header(name: "empty", value: []),
            SimulatedRecord.Header(name: "ml-id", value: [0, 255]),
        ]
        let values: [[UInt8]?] = [Array("ü".utf8), [], nil, (0...255).map { UInt8($0) }]
        let records = values.enumerated().map { index, value in
            SimulatedRecord(
                key: index == 1 ? [] : [0, UInt8(index)],
                value: value,
                timestampMilliseconds: 1_700_000_000_000 + Int64(index),
                headers: index == 0 ? headers : []
            )
        }
        try append(records, to: inputs[0])
        var member = try member()
        try member.log.subscribe(to: [input])
        try member.run { $0.deliveries.count >= records.count }
        expectEqual(member.deliveries.map(\.record), records, "records")
        member.log.close()
    }

    mutating func checkSeeking() throws {
        try append(0..<20)
        var member = try member()
        try member.log.subscribe(to: [input])
        try member.run { $0.deliveries.count >= 20 }
        member.deliveries = []
        try member.seek(to: [
            PartitionPosition(inputs[0], nextOffset: 7), PartitionPosition(inputs[1], nextOffset: 10),
            PartitionPosition(out, nextOffset: 5),
        ])
        try member.run { $0.deliveries.count >= 3 }
        for _ in 0..<3 { try member.step() }
        expectEqual(member.values, ["v14", "v16", "v18"], "after going back in one partition")

        member.deliveries = []
        try member.seek(to: inputs.map { PartitionPosition($0, nextOffset: 0) })
        try member.seek(to: inputs.map { PartitionPosition($0, nextOffset: 9) })
        try member.run { $0.deliveries.count >= 2 }
        for _ in 0..<3 { try member.step() }
        expectEqual(member.values.sorted(), ["v18", "v19"], "the last of two seeks counts")
        member.log.close()
    }

    /// The runtime assigns at the position of a snapshot, before the committed offset, and reads on over it.
    mutating func checkRestoring() throws {
        try append(0..<20)
        var first = try member()
        try first.log.subscribe(to: [input])
        try first.run { $0.deliveries.count >= 20 }
        try first.commit()
        first.log.close()

        var second = try member()
        try second.log.subscribe(to: [input])
        try second.run { $0.owned.count == 2 }
        expectEqual(try second.log.committedOffsets(of: inputs), [10, 10], "committed offsets")
        try second.seek(to: [PartitionPosition(inputs[0], nextOffset: 4)])
        try second.run { $0.deliveries.count >= 6 }
        for _ in 0..<3 { try second.step() }
        expectEqual(second.deliveries.map(\.offset), [4, 5, 6, 7, 8, 9], "records before the committed offset")
        let marks = try second.log.watermarks(of: inputs[0])
        expectEqual([marks.low, marks.high], [0, 10], "watermarks")
        expectEqual(second.log.seenEnd(of: inputs[0]), 10, "the end that fetches told")
        second.log.close()
    }

    mutating func checkCompactedTopics() throws {
        expectEqual(try committedValues(of: out), [], "an empty partition")
        var writer = try member()
        try writer.log.beginTransaction()
        try writer.produce([Self.record("1", key: "a"), Self.record("2", key: "b")], to: out)
        try writer.log.commit([])
        try writer.log.beginTransaction()
        try writer.produce([Self.record("aborted", key: "a")], to: out)
        try writer.log.abort()
        try writer.log.beginTransaction()
        try writer.produce([Self.record("3", key: "a"), SimulatedRecord(key: Array("b".utf8), value: nil)], to: out)
        try writer.log.commit([])
        var last: [String: SimulatedRecord] = [:]
        for record in try committedRecords(of: out) { last[String(decoding: record.key, as: UTF8.self)] = record }
        expectEqual(last["a"]?.value, Array("3".utf8), "the last value of a key")
        expect(last["b"].map { $0.value == nil } ?? true, "a key that was deleted has a value")
        // The end is that of committed records: an open transaction does not hold the reader up.
        try writer.log.beginTransaction()
        try writer.produce([Self.record("open", key: "c")], to: out)
        expect(try !committedValues(of: out).contains("open"), "a record of an open transaction is read")
        try writer.log.abort()
        writer.log.close()
    }

    mutating func checkEmptyPolls() throws {
        var member = try member()
        try member.log.subscribe(to: [input])
        try member.run { $0.owned.count == 2 }
        var batch = InputBatch()
        batch.append(Self.record("stale"), slot: batch.slot(of: out), offset: 0)
        for _ in 0..<3 {
            let outcome = try member.log.poll(into: &batch, limits: PollLimits(), timeoutMilliseconds: 20)
            expectEqual(outcome, .idle, "a poll of empty partitions")
            expect(batch.isEmpty, "the batch is not cleared")
        }
        // A partition that ends with the marks of transactions is empty to a reader too.
        try append([Self.record("first")], to: inputs[0])
        try member.run { $0.deliveries.count == 1 }
        expectEqual(try member.step(), .idle, "a poll at the end")
        member.log.close()
    }

    mutating func checkPollLimits() throws {
        try append((0..<40).map { Self.record("value-\($0)-\(String(repeating: "x", count: 200))") }, to: inputs[0])
        var member = try member()
        member.limits = PollLimits(maxRecords: 7, maxBytes: 1 << 20)
        try member.log.subscribe(to: [input])
        var largest = 0
        for _ in 0..<400 where member.deliveries.count < 40 {
            let before = member.deliveries.count
            try member.step()
            largest = max(largest, member.deliveries.count - before)
        }
        expectEqual(member.deliveries.map(\.offset), (0..<40).map { Int64($0) }, "offsets in small polls")
        expect(largest <= 7, "a poll of at most 7 records gave \(largest)")
        // A record larger than the limit in bytes comes alone, but it comes.
        member.deliveries = []
        member.limits = PollLimits(maxRecords: 100, maxBytes: 50)
        try member.seek(to: [PartitionPosition(inputs[0], nextOffset: 36)])
        try member.run { $0.deliveries.count >= 4 }
        expectEqual(member.deliveries.map(\.offset), [36, 37, 38, 39], "offsets of records larger than a poll")
        member.log.close()
    }

    mutating func checkPausing() throws {
        try append(0..<10)
        var reader = try member()
        try reader.log.subscribe(to: [input])
        try reader.run { $0.deliveries.count >= 10 }
        try reader.log.pause([inputs[0], TopicPartition(input, 77)])
        try append(10..<14)
        try reader.run { $0.deliveries.count >= 12 }
        for _ in 0..<10 { try reader.step() }
        expectEqual(reader.values.dropFirst(10).sorted(), ["v11", "v13"], "records while one partition is paused")
        expectEqual(reader.owned, Set(inputs), "partitions while one is paused")
        // What was read before is committed, be it of a paused partition.
        try reader.commit()
        expectEqual(try reader.log.committedOffsets(of: inputs), [5, 7], "committed offsets")

        try reader.log.resume([inputs[0]])
        try reader.seek(to: [PartitionPosition(inputs[0], nextOffset: 3)])
        try reader.run { $0.deliveries.count >= 16 }
        expectEqual(Array(reader.values.dropFirst(12)), ["v6", "v8", "v10", "v12"], "records after the pause")

        // A partition that comes back is not paused any more.
        try reader.log.pause([inputs[0]])
        try reader.rejoin([input])
        try reader.run { $0.owned.count == 2 }
        try append(14..<16)
        try reader.run { $0.values.contains("v14") }
        expect(reader.values.contains("v14"), "the partition that came back gives nothing")
        reader.log.close()
    }
}
