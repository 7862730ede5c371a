import StreamCore
import Testing

@Suite struct InputBatchTests {
    private func batch() -> InputBatch {
        var batch = InputBatch()
        for (partition, offset) in [(0, 5), (0, 6), (1, 9), (0, 7)] as [(Int32, Int64)] {
            let slot = batch.slot(of: TopicPartition("t", partition))
            let key = Array("k\(offset)".utf8)
            let value = Array("v\(offset)".utf8)
            batch.append(slot: slot, offset: offset, timestampMilliseconds: 1, key: key.span, value: value.span)
        }
        return batch
    }

    @Test func runsAreMaximalAndInOrder() {
        let batch = batch()
        #expect(batch.runs() == [0..<2, 2..<3, 3..<4])
        #expect(batch.partitions.count == 2)
        #expect(batch.partition(of: 3) == TopicPartition("t", 0))
        #expect(InputBatch().runs().isEmpty)
    }

    @Test func bytesAreReadBack() {
        let batch = batch()
        #expect(Array(batch.bytes[batch.entries[2].key]) == Array("k9".utf8))
        #expect(Array(batch.bytes[batch.entries[2].value]) == Array("v9".utf8))
        #expect(batch.byteCount == 16)
    }

    @Test func headersBelongToTheLastRecord() {
        var batch = batch()
        batch.appendHeader(name: Array("ml-id".utf8).span, value: Array("x".utf8).span)
        batch.appendHeader(name: Array("ml-format".utf8).span, value: Array("y".utf8).span)
        #expect(batch.headerText("ml-format", of: 3) == "y")
        #expect(batch.headerText("ml-id", of: 3) == "x")
        #expect(batch.headerText("ml", of: 3) == nil)
        #expect(batch.headerText("ml-id", of: 2) == nil)
    }

    @Test func clearedBatchIsEmpty() {
        var batch = batch()
        batch.removeAll()
        #expect(batch.isEmpty && batch.partitions.isEmpty && batch.byteCount == 0)
        batch.appendHeader(name: [1].span, value: [2].span)
        #expect(batch.headers.isEmpty)
    }

    @Test func aTombstoneIsNotAnEmptyValue() {
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition("t", 0))
        let empty: [UInt8] = []
        batch.append(slot: slot, offset: 0, timestampMilliseconds: 0, key: empty.span, value: empty.span)
        batch.append(
            slot: slot,
            offset: 1,
            timestampMilliseconds: 0,
            key: empty.span,
            value: empty.span,
            isTombstone: true
        )
        #expect(batch.entries.map(\.isTombstone) == [false, true])
    }
}
