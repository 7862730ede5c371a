import StreamCore
import Telemetry

extension StreamLoop where L: ~Copyable {
    /// Folds the polled batch run by run, then hands all effects to the producer at once.
    mutating func foldBatch() throws(LoopInterruption) {
        metrics.batches.add()
        for run in batch.runs() {
            // A record of a partition that was given back is somebody else's; the log should not have delivered it.
            guard let index = taskIndex(of: batch.partition(of: run.lowerBound)) else { continue }
            try fold(run, intoTaskAt: index)
        }
        try flushEffects()
    }

    private func taskIndex(of partition: TopicPartition) -> Int? {
        for index in tasks.indices where tasks[index].partition == partition { return index }
        return nil
    }

    private mutating func fold(_ run: Range<Int>, intoTaskAt index: Int) throws(LoopInterruption) {
        var next = run.lowerBound
        while true {
            // What was folded already must not be folded again, should the log deliver it twice.
            while next < run.upperBound, batch.entries[next].offset < tasks[index].nextOffset { next += 1 }
            guard next < run.upperBound else { return }
            let end = sliceEnd(from: next, to: run.upperBound, task: tasks[index])
            if batch.entries[next].offset >= tasks[index].committedOffset { goLive(taskAt: index) }
            guard !tasks[index].isHalted(at: batch.entries[next].offset) else { return try standStill(taskAt: index) }
            if tasks[index].phase == .live { try beginIfNeeded() }
            try foldSlice(next..<end, intoTaskAt: index)
            next = end
            if effects.byteCount >= limits.effectBytes { try flushEffects() }
        }
    }

    /// The end of the slice that is folded at once: limited in records, of ascending offsets, and cut where muted folding ends and where
    /// the partition stands still.
    private func sliceEnd(from start: Int, to limit: Int, task: borrowing StreamTask<P>) -> Int {
        let limit = min(limit, start + max(1, limits.foldRecords))
        let isMuted = batch.entries[start].offset < task.committedOffset
        var end = start + 1
        while end < limit, batch.entries[end].offset > batch.entries[end - 1].offset {
            if isMuted, batch.entries[end].offset >= task.committedOffset { break }
            if task.isHalted(at: batch.entries[end].offset) { break }
            end += 1
        }
        return end
    }

    private mutating func foldSlice(_ slice: Range<Int>, intoTaskAt index: Int) throws(LoopInterruption) {
        effects.isMuted = tasks[index].phase != .live
        do throws(ProcessorFault) {
            try tasks[index].processor.fold(batch, slice, into: &effects)
        } catch {
            throw .processor(placed(error, in: slice, of: tasks[index].partition))
        }
        let last = batch.entries[slice.upperBound - 1]
        let bytes = last.value.upperBound - batch.entries[slice.lowerBound].key.lowerBound
        tasks[index].nextOffset = last.offset + 1
        tasks[index].endOffset = max(tasks[index].endOffset, last.offset + 1)
        tasks[index].snapshot.inputBytes += bytes
        tasks[index].streamTimeMilliseconds = max(
            tasks[index].streamTimeMilliseconds ?? .min,
            last.timestampMilliseconds
        )
        if effects.isMuted {
            metrics.mutedRecords.add(Int64(slice.count))
            effects.isMuted = false
            if tasks[index].nextOffset >= tasks[index].committedOffset { goLive(taskAt: index) }
        } else {
            work.inputRecords += slice.count
            work.inputBytes += bytes
        }
    }

    /// The fault at a record of the slice: a processor that names another one is wrong, and everything before the slice was folded well.
    private func placed(_ fault: ProcessorFault, in slice: Range<Int>, of partition: TopicPartition) -> ProcessorFault {
        var fault = fault
        fault.partition = partition
        let offsets = batch.entries[slice.lowerBound].offset...batch.entries[slice.upperBound - 1].offset
        if !offsets.contains(fault.offset) { fault.offset = offsets.lowerBound }
        return fault
    }

    mutating func goLive(taskAt index: Int) {
        // Whoever sees that the partition is ready sees its figures too.
        statusDueAtMilliseconds = environment.nowMilliseconds
        guard tasks[index].phase == .restoring else { return }
        tasks[index].phase = .live
        let milliseconds = environment.nowMilliseconds - tasks[index].restoreStartedAtMilliseconds
        metrics.restoreSeconds.observe(Double(milliseconds) / 1_000)
        environment.report(.live(tasks[index].partition, milliseconds: milliseconds))
    }

    /// Hands the effects to the producer and keeps what was counted for the commit.
    mutating func flushEffects() throws(LoopInterruption) {
        for index in effects.counters.indices { work.counters[index] += effects.counters[index] }
        if !effects.isEmpty {
            try beginIfNeeded()
            try produceEffects()
            metrics.outputBatches.add()
            work.outputRecords += effects.entries.count
            work.outputBytes += effects.byteCount
        }
        effects.removeAll()
    }

    private mutating func produceEffects() throws(LoopInterruption) {
        while true {
            do throws(LogError) {
                try log.produce(effects)
                return retrier.succeeded("produce")
            } catch {
                try retrier.pause(after: error, "produce")
            }
        }
    }
}
