import SimulationKit
import StreamCore
import Testing

/// Transactions time out by the clock of the loops that hold them open, however often others poll meanwhile.
@Suite struct ClusterClockTests {
    private let input = TopicPartition("input", 0)

    /// One log with an open transaction, while another finds nothing in 200 polls of 200 ms: twice the transaction time-out.
    private func commitAfterOthersIdled(_ clock: ClusterClock) throws(LogError) -> SimulatedCluster {
        let cluster = SimulatedCluster(clock: clock)
        cluster.createTopic(input.topic, partitions: 1)
        var worker = SimulatedLog(cluster: cluster, groupID: "group", transactionalID: "worker")
        var idler = SimulatedLog(cluster: cluster, groupID: "other", transactionalID: "idler")
        var batch = InputBatch()
        try worker.subscribe(to: [input.topic])
        _ = try worker.poll(into: &batch, limits: PollLimits(), timeoutMilliseconds: 200)
        try worker.assign([PartitionPosition(input, nextOffset: 0)])
        try worker.beginTransaction()
        for _ in 0..<200 {
            _ = try idler.poll(into: &batch, limits: PollLimits(), timeoutMilliseconds: 200)
        }
        try worker.commit([PartitionPosition(input, nextOffset: 7)])
        return cluster
    }

    @Test func idlePollsOfOthersDoNotAgeATransactionOnTheMachinesClock() throws {
        let cluster = try commitAfterOthersIdled(.machine(idlePauseMicroseconds: 1))
        #expect(cluster.committedOffset(of: input, group: "group") == 7)
        #expect(cluster.violations == [])
    }

    @Test func idlePollsMoveTheTimeOfASimulation() {
        do {
            _ = try commitAfterOthersIdled(.simulated)
            Issue.record("the transaction did not time out")
        } catch {
            #expect(error.reaction == .fenced)
        }
    }

    @Test func theMachinesClockMovesByItself() {
        let cluster = SimulatedCluster(clock: .machine(idlePauseMicroseconds: 1))
        cluster.createTopic(input.topic, partitions: 1)
        let before = cluster.nowNanoseconds
        var ticks = 0
        while cluster.nowNanoseconds == before, ticks < 1_000_000 { ticks += 1 }
        #expect(cluster.nowNanoseconds > before)
    }
}
