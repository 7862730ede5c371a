import Snapshots
import StreamCore
import Testing

@Suite struct SnapshotTests {
    static let identity = SnapshotLabel.Identity(
        processor: "vee",
        owner: "meter.vee",
        stateVersion: 3,
        configuration: 0xfedc_ba98_7654_3210,
        input: TopicPartition("meter.journal", 7)
    )

    private func state(_ count: Int, seed: UInt8 = 0) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ Int(seed)) }
    }

    private func image(_ state: [UInt8], slot: Int = 0, sequence: UInt64 = 1, nextOffset: Int64 = 10) -> SnapshotImage {
        SnapshotImage(
            identity: Self.identity,
            place: SnapshotPlace(slot: slot, sequence: sequence),
            nextOffset: nextOffset,
            state: state,
            chunkBytes: 100
        )
    }

    private func records(_ image: SnapshotImage) -> [(key: [UInt8], value: [UInt8])] {
        (0..<image.chunkCount).map { (image.key(ofChunk: $0), image.value(ofChunk: $0)) }
    }

    private func collected(
        _ records: [(key: [UInt8], value: [UInt8])],
        as identity: SnapshotLabel.Identity = SnapshotTests.identity
    ) -> SnapshotCollector {
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition(SnapshotLabel.topic(processor: "vee"), 7))
        for (offset, record) in records.enumerated() {
            batch.append(
                slot: slot,
                offset: Int64(offset),
                timestampMilliseconds: 0,
                key: record.key.span,
                value: record.value.span
            )
        }
        var collector = SnapshotCollector(identity: identity)
        collector.add(batch)
        return collector
    }

    @Test(arguments: [0, 1, 99, 100, 101, 1_000])
    func whatWasWrittenIsRead(count: Int) throws {
        let image = image(state(count))
        let (usable, rejected) = collected(records(image)).candidates()
        let candidate = try #require(usable.first)
        #expect(candidate.state() == state(count))
        #expect(candidate.label.nextOffset == 10)
        #expect(candidate.label.stateByteCount == count)
        #expect(rejected.isEmpty)
    }

    @Test func theNewestComesFirstAndTheNextGoesToTheOtherSlot() throws {
        let old = image(state(250, seed: 1), slot: 0, sequence: 4, nextOffset: 10)
        let new = image(state(150, seed: 2), slot: 1, sequence: 5, nextOffset: 20)
        let collector = collected(records(old) + records(new))
        let (usable, _) = collector.candidates()
        #expect(usable.map(\.label.nextOffset) == [20, 10])
        #expect(collector.nextPlace(keeping: usable.first) == SnapshotPlace(slot: 0, sequence: 6))
    }

    @Test func aSlotWrittenAgainForgetsItsOldChunks() throws {
        let old = image(state(900, seed: 1), slot: 0, sequence: 1, nextOffset: 10)
        let new = image(state(120, seed: 2), slot: 0, sequence: 3, nextOffset: 30)
        let (usable, rejected) = collected(records(old) + records(new)).candidates()
        #expect(usable.map(\.label.nextOffset) == [30])
        #expect(usable.first?.state() == state(120, seed: 2))
        #expect(rejected.isEmpty)
    }

    @Test func oldChunksAfterATornWriteMakeTheSlotIncompleteAndKeepTheOther() throws {
        let kept = image(state(250, seed: 1), slot: 1, sequence: 2, nextOffset: 20)
        let torn = image(state(250, seed: 2), slot: 0, sequence: 3, nextOffset: 30)
        let (usable, rejected) = collected(records(kept) + records(torn).dropLast()).candidates()
        #expect(usable.map(\.label.nextOffset) == [20])
        #expect(rejected == [SnapshotCollector.Rejection(slot: 0, reason: .incomplete)])
    }

    @Test func everyFlippedByteIsFound() {
        let whole = records(image(state(64)))
        for index in whole[0].value.indices {
            var bad = whole
            bad[0].value[index] ^= 0x10
            let (usable, rejected) = collected(bad).candidates()
            #expect(usable.isEmpty, "byte \(index)")
            #expect(rejected.count == 1, "byte \(index)")
        }
    }

    @Test func everyTruncationIsFound() {
        let whole = records(image(state(64)))
        for count in whole[0].value.indices {
            var bad = whole
            bad[0].value.removeLast(bad[0].value.count - count)
            #expect(collected(bad).candidates().usable.isEmpty, "\(count) bytes")
        }
    }

    @Test func aForeignSnapshotIsRejectedByName() {
        var other = Self.identity
        other.stateVersion = 4
        let (usable, rejected) = collected(records(image(state(10))), as: other).candidates()
        #expect(usable.isEmpty)
        #expect(rejected == [SnapshotCollector.Rejection(slot: 0, reason: .foreign(Self.identity))])
    }

    @Test func recordsThatAreNoSnapshotsArePassedOver() {
        let records = [(key: Array("7/9/0".utf8), value: [UInt8](repeating: 1, count: 3)), (key: [], value: [])]
        let (usable, rejected) = collected(records).candidates()
        #expect(usable.isEmpty)
        #expect(rejected.isEmpty)
    }

    @Test func theChecksumDoesNotDependOnHowBytesAreCut() {
        let bytes = state(41)
        for cut in 0...bytes.count {
            var checksum = StateChecksum()
            checksum.add(bytes.span.extracting(first: cut))
            checksum.add(bytes.span.extracting(droppingFirst: cut))
            #expect(checksum.value == StateChecksum.of(bytes.span))
        }
        #expect(StateChecksum.of([0].span) != StateChecksum.of([0, 0].span))
    }
}
