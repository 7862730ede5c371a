import SimulationKit
import StreamCore
import StreamRuntime
import Testing

/// Records that show a defect of the processor: their partition stands still there, and nothing else does.
@Suite struct HaltTests {
    private static let faulty = LedgerProcessor.Configuration(faultyID: 4)

    private func halts(_ bench: LoopBench) -> Int { bench.eventCodes.filter { $0 == "stream.halted" }.count }

    @Test func whatCameBeforeIsCommittedAndTheOtherPartitionsGoOn() throws {
        let cluster = LoopBench.cluster()
        let bench = LoopBench(cluster, configuration: Self.faulty)
        bench.append(1...6)
        bench.append(11...13, partition: 1)
        try bench.run()
        #expect(bench.sums("k0") == [1, 2, 3])
        #expect(bench.committed() == 3)
        #expect(bench.sums("k1") == [1, 2, 3])

        bench.append(7...8)
        bench.append(14...16, partition: 1)
        try bench.run()
        #expect(bench.sums("k0") == [1, 2, 3])
        #expect(bench.sums("k1") == Array(1...6))
        let status = bench.status
        #expect(status.activity == .running)
        #expect(!status.isReady)
        #expect(status.partitions.map(\.phase) == [.halted, .live])
        #expect(status.partitions.map { $0.fault?.offset } == [3, nil])
        #expect(status.partitions[0].fault?.partition == TopicPartition(LedgerProcessor.inputTopic, 0))
        #expect(halts(bench) == 1)
        #expect(!bench.eventCodes.contains("stream.redoing"))
        #expect(cluster.violations == [])
    }

    @Test func itStaysHaltedWhenStateIsRestored() throws {
        let cluster = LoopBench.cluster()
        let bench = LoopBench(cluster, configuration: Self.faulty)
        bench.append(1...6)
        try bench.run()
        // All state goes, and the halted partition is read again up to the record, muted.
        cluster.fence(transactionalID: "\(LoopBench.group)-0")
        bench.append(11...13, partition: 1)
        try bench.run()
        #expect(bench.eventCodes.contains("stream.fenced"))
        #expect(bench.status.partitions.map(\.phase) == [.halted, .live])
        #expect(bench.status.partitions[0].nextOffset == 3)
        #expect(bench.sums("k0") == [1, 2, 3])
        #expect(bench.sums("k1") == [1, 2, 3])
        #expect(halts(bench) == 1, "it is said once")
    }

    @Test func whoGetsThePartitionMeetsTheFaultAgain() throws {
        let cluster = LoopBench.cluster()
        let first = LoopBench(cluster, configuration: Self.faulty)
        first.append(1...6)
        try first.run()
        cluster.expireMembers(ofGroup: LoopBench.group)
        try first.run(idleSteps: 30)
        #expect(halts(first) == 2)
        #expect(first.status.partitions.map(\.phase) == [.halted, .live])
        first.requestStop()
        #expect(try first.run() == .stopped)

        let second = LoopBench(cluster, configuration: Self.faulty)
        try second.run()
        #expect(halts(second) == 1)
        #expect(second.committed() == 3)
        second.requestStop()
        try second.run()

        // With the defect mended the partition goes on where it stood.
        let mended = LoopBench(cluster)
        try mended.run()
        #expect(mended.status.isReady)
        #expect(mended.sums("k0") == Array(1...6))
    }

    @Test func morePartitionsMayHaltThanRecoveriesAreAllowed() throws {
        let count = StreamLimits().consecutiveRecoveries + 3
        let cluster = LoopBench.cluster(partitions: count)
        let bench = LoopBench(cluster, configuration: Self.faulty)
        for partition in 0..<Int32(count) { bench.append(4...5, partition: partition) }
        try bench.run(idleSteps: 20)
        #expect(bench.status.partitions.allSatisfy { $0.phase == .halted })
        #expect(halts(bench) == count)
        bench.requestStop()
        #expect(try bench.run() == .stopped)
    }

    @Test func aFaultBeforeTheCommittedOffsetHaltsWithoutCommitting() throws {
        let cluster = LoopBench.cluster()
        var limits = StreamLimits()
        limits.snapshots = nil
        let first = LoopBench(cluster, limits: limits)
        first.append(1...6)
        try first.run()
        first.requestStop()
        try first.run()
        // A new version of the processor that fails at what the old one folded.
        let second = LoopBench(cluster, configuration: Self.faulty, limits: limits)
        second.append(7...8)
        second.append(11...13, partition: 1)
        try second.run()
        #expect(second.status.partitions.map(\.phase) == [.halted, .live])
        #expect(second.committed() == 6)
        #expect(second.sums("k0") == Array(1...6))
        #expect(second.sums("k1") == [1, 2, 3])
    }
}
