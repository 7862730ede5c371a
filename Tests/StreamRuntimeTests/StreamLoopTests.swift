import SimulationKit
import StreamCore
import StreamRuntime
import Testing

@Suite struct StreamLoopTests {
    private func plan(_ change: (inout FaultPlan) -> Void) -> FaultPlan {
        var plan = FaultPlan()
        change(&plan)
        return plan
    }

    @Test func whatWasAppendedIsCommittedAndShownInTheStatus() throws {
        let bench = LoopBench(LoopBench.cluster())
        bench.append(1...5)
        bench.append(11...13, partition: 1)
        try bench.run()
        #expect(bench.sums("k0") == [1, 2, 3, 4, 5])
        #expect(bench.sums("k1") == [1, 2, 3])
        #expect(bench.committed(0) == 5)
        let status = bench.status
        #expect(status.activity == .running)
        #expect(status.committedRecords == 8)
        #expect(status.partitions.map(\.nextOffset) == [5, 3])
        #expect(status.partitions.map(\.lagRecords) == [0, 0])
        #expect(status.partitions.allSatisfy { $0.phase == .live })
    }

    @Test func aStopCommitsLeavesASnapshotAndClosesForGood() throws {
        let cluster = LoopBench.cluster()
        var limits = StreamLimits()
        limits.commitIntervalMilliseconds = 1_000_000
        let first = LoopBench(cluster, limits: limits)
        first.append(1...5)
        for _ in 0..<40 { _ = try first.loop.step() }
        #expect(first.committed() == nil)
        first.requestStop()
        #expect(try first.run() == .stopped)
        #expect(try first.loop.step() == .stopped)
        #expect(first.committed() == 5)
        #expect(first.eventCodes.suffix(2) == ["stream.snapshot-written", "stream.stopped"])

        let second = LoopBench(cluster)
        second.append(3...7)
        try second.run()
        #expect(second.status.partitions[0].snapshotOffset == 5)
        #expect(second.sums("k0") == [1, 2, 3, 4, 5, 6, 7])
    }

    @Test func anOutageIsWaitedOutAndSaidOnce() throws {
        let cluster = LoopBench.cluster()
        let bench = LoopBench(cluster)
        bench.append(1...3)
        try bench.run()
        cluster.setFaults(plan { $0.outage = 1_000_000 })
        bench.append(4...6)
        let before = cluster.nowNanoseconds
        // Every outage lasts some calls and the next begins at once; ending it is up to the pause, which moves the time.
        bench.endOutages(after: 30_000)
        try bench.run()
        #expect(cluster.nowNanoseconds - before > 30_000_000_000)
        #expect(bench.eventCodes.filter { $0 == "stream.outage-started" }.count == 1)
        #expect(bench.eventCodes.filter { $0 == "stream.outage-ended" }.count == 1)
        #expect(bench.sums("k0") == [1, 2, 3, 4, 5, 6])
    }

    @Test func aStopDuringAnOutageGivesUpAfterTheDrainTime() throws {
        let cluster = LoopBench.cluster()
        let bench = LoopBench(cluster)
        bench.append(1...3)
        try bench.run()
        cluster.setFaults(plan { $0.outage = 1_000_000 })
        bench.requestStop(after: 5_000)
        #expect(try bench.run() == .stopped)
        #expect(cluster.nowNanoseconds > (5_000 + StreamLimits().drainMilliseconds) * 1_000_000)
        #expect(bench.eventCodes.suffix(2) == ["stream.left-undone", "stream.stopped"])
    }

    @Test func recoveriesInARowAreBounded() throws {
        let cluster = LoopBench.cluster()
        var limits = StreamLimits()
        limits.consecutiveRecoveries = 5
        let bench = LoopBench(cluster, limits: limits)
        cluster.setFaults(plan { $0.abortRequired = 1_000_000 })
        bench.append(1...3)
        do {
            try bench.run()
            Issue.record("it went on for ever")
        } catch {
            guard case .recoveriesExhausted(let count, let cause) = error else { throw error }
            #expect(count == 5)
            #expect(cause.reaction == .abortAndRedo)
        }
        #expect(bench.sums("k0") == [])
    }

    @Test func aCommittedOffsetThatIsGoneStopsInsteadOfEmittingTwice() throws {
        let cluster = LoopBench.cluster()
        let first = LoopBench(cluster)
        first.append(1...5)
        try first.run()
        first.requestStop()
        try first.run()
        let partition = TopicPartition(LedgerProcessor.inputTopic, 0)
        cluster.setCommittedOffset(nil, of: partition, group: LoopBench.group)
        do {
            try LoopBench(cluster).run()
            Issue.record("it started over")
        } catch {
            guard case .committedOffsetGone(partition, snapshotOffset: 5) = error else { throw error }
        }
        // Another group starts over on purpose; the snapshot is not its own.
        let other = LoopBench(cluster, group: "other")
        try other.run()
        #expect(other.eventCodes.contains("stream.snapshot-rejected"))
        #expect(other.sums("k0") == [1, 2, 3, 4, 5, 1, 2, 3, 4, 5])
    }

    @Test func aCommittedOffsetBeyondTheEndStops() throws {
        let cluster = LoopBench.cluster()
        let bench = LoopBench(cluster)
        bench.append(1...5)
        try bench.run()
        bench.requestStop()
        try bench.run()
        let partition = TopicPartition(LedgerProcessor.inputTopic, 0)
        cluster.setCommittedOffset(99, of: partition, group: LoopBench.group)
        do {
            try LoopBench(cluster).run()
            Issue.record("it waits for records that will be others")
        } catch {
            guard case .committedOffsetBeyondEnd(partition, committed: 99, end: 5) = error else { throw error }
        }
    }

    @Test func aSnapshotOfAnotherConfigurationIsReplayedPast() throws {
        let cluster = LoopBench.cluster()
        let first = LoopBench(cluster)
        first.append(1...5)
        try first.run()
        first.requestStop()
        try first.run()

        let second = LoopBench(cluster, configuration: .init(edition: 2))
        second.append(6...7)
        try second.run()
        #expect(second.eventCodes.contains("stream.snapshot-rejected"))
        #expect(second.status.partitions[0].snapshotOffset == nil)
        #expect(second.sums("k0") == [1, 2, 3, 4, 5, 6, 7])
        second.requestStop()
        try second.run()

        // Its own snapshot is taken from then on.
        let third = LoopBench(cluster, configuration: .init(edition: 2))
        third.append(8...8)
        try third.run()
        #expect(third.status.partitions[0].snapshotOffset == 7)
        #expect(third.sums("k0") == [1, 2, 3, 4, 5, 6, 7, 8])
    }

    @Test func aSnapshotAheadOfTheCommittedOffsetIsNotUsed() throws {
        let cluster = LoopBench.cluster()
        let first = LoopBench(cluster)
        first.append(1...5)
        try first.run()
        first.requestStop()
        try first.run()
        let partition = TopicPartition(LedgerProcessor.inputTopic, 0)
        cluster.setCommittedOffset(2, of: partition, group: LoopBench.group)
        let second = LoopBench(cluster)
        try second.run()
        #expect(second.eventCodes.contains("stream.snapshot-rejected"))
        #expect(second.sums("k0") == [1, 2, 3, 4, 5, 3, 4, 5])
    }

    // MARK: Members whose name is taken

    @Test func aMemberWhoseNameWasTakenJoinsAgainAndEveryOutputIsThereOnce() throws {
        let cluster = LoopBench.cluster()
        var limits = StreamLimits()
        limits.commitIntervalMilliseconds = 1_000
        let bench = LoopBench(cluster, instance: "a", limits: limits)
        bench.append(1...5)
        try bench.run(idleSteps: 20)
        #expect(bench.committed() == 5)
        bench.append(6...10)
        while bench.status.partitions.first?.nextOffset != 10 { _ = try bench.loop.step() }
        #expect(bench.committed() == 5, "the transaction is open")
        cluster.takeNames(ofGroup: LoopBench.group)
        _ = try bench.loop.step()
        #expect(bench.status.activity == .recovering)
        _ = try bench.loop.step()
        #expect(!bench.status.isReady && bench.status.partitions.isEmpty)
        try bench.run(idleSteps: 20)
        #expect(bench.status.isReady)
        #expect(bench.sums("k0") == Array(1...10))
        #expect(bench.eventCodes.filter { $0 == "stream.rejoining" }.count == 1)
        #expect(cluster.violations == [])
    }

    @Test func twoProcessesUnderOneNameAreNoticedAndOneOfThemGoesOn() throws {
        let cluster = LoopBench.cluster()
        let benches = [LoopBench(cluster, instance: "same"), LoopBench(cluster, instance: "same")]
        benches[0].append(1...5)
        var failure: StreamFailure?
        for step in 0..<4_000 where failure == nil {
            do throws(StreamFailure) {
                _ = try benches[step % 2].loop.step()
            } catch {
                failure = error
            }
        }
        guard case .nameContested(let count, let cause) = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(count == StreamLimits().consecutiveRejoins)
        #expect(cause.code == "FENCED_INSTANCE_ID")
        #expect("\(StreamFailure.nameContested(count: count, cause))".contains("--instance"))
        let survivor = try #require(benches.first { $0.status.activity != .failed })
        survivor.append(6...8)
        try survivor.run()
        #expect(survivor.sums("k0") == Array(1...8))
    }

    @Test func outagesThatEndMembershipsNeverAddUp() throws {
        let cluster = LoopBench.cluster()
        let bench = LoopBench(cluster, instance: "a")
        bench.append(1...3)
        try bench.run()
        // Nothing comes, so that nothing is committed between them.
        for _ in 1...40 {
            cluster.advance(milliseconds: StreamLimits().shortMembershipMilliseconds)
            cluster.takeNames(ofGroup: LoopBench.group)
            try bench.run()
        }
        #expect(bench.eventCodes.filter { $0 == "stream.rejoining" }.count == 40)
        bench.append(4...6)
        try bench.run()
        #expect(bench.sums("k0") == Array(1...6))
    }

    @Test func aMemberWhoseNameWasTakenLeavesWithoutCommittingWhenItIsToStop() throws {
        let cluster = LoopBench.cluster()
        var limits = StreamLimits()
        limits.commitIntervalMilliseconds = 1_000_000
        let bench = LoopBench(cluster, instance: "a", limits: limits)
        bench.append(1...5)
        while bench.status.partitions.first?.nextOffset != 5 { _ = try bench.loop.step() }
        cluster.takeNames(ofGroup: LoopBench.group)
        bench.requestStop()
        #expect(try bench.run() == .stopped)
        #expect(bench.eventCodes.suffix(2) == ["stream.left-undone", "stream.stopped"])
        #expect(bench.committed() == nil)
        let next = LoopBench(cluster, instance: "a")
        try next.run()
        #expect(next.sums("k0") == Array(1...5))
    }
}
