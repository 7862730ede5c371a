import StreamCore
import Telemetry

extension StreamLoop where L: ~Copyable {
    /// A record shows a defect of the processor: its partition is to stand still there, and everything else to go on.
    ///
    /// The fault came in the middle of a fold, so the state and the effects of that partition are of no use, and the transaction holds work
    /// of other partitions beside it. It is redone, up to the record. That doesn't count as a recovery in a row: each partition halts once.
    mutating func halt(at fault: ProcessorFault) {
        guard let index = tasks.firstIndex(where: { $0.partition == fault.partition }) else { return }
        if tasks[index].halt == nil { metrics.haltedPartitions.add(1) }
        tasks[index].halt = StreamTask.Halt(fault: fault)
        tasks[index].phase = .unrestored
        let cause = LogError(.abortAndRedo, code: "PROCESSOR_FAULT", message: fault.description)
        metrics.countAbort(reason: cause.code)
        metrics.redos.add()
        phase.move(to: .recovering(LoopPhase.Recovery(scope: .redo, cause: cause)))
        environment.report(.halted(fault))
    }

    /// Everything before the record at fault is folded: it and what follows need not be fetched any more.
    mutating func standStill(taskAt index: Int) throws(LoopInterruption) {
        guard !tasks[index].isHalted else { return }
        let partition = tasks[index].partition
        try retrier.run("pause", on: &log) { (log: inout L) throws(LogError) in try log.pause([partition]) }
        tasks[index].halt?.isReached = true
    }

    /// Has partitions read again up to the record at fault whose state is to be restored.
    mutating func resumeHalted(_ indices: [Int]) throws(LoopInterruption) {
        let halted = indices.filter { tasks[$0].isHalted }
        guard !halted.isEmpty else { return }
        let partitions = halted.map { tasks[$0].partition }
        try retrier.run("resume", on: &log) { (log: inout L) throws(LogError) in try log.resume(partitions) }
        for index in halted { tasks[index].halt?.isReached = false }
    }
}
