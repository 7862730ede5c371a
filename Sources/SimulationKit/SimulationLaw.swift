/// What a simulated run must keep to.
public enum SimulationLaw: String, Sendable, CaseIterable {
    /// Every output of an undisturbed run is among the committed ones.
    case nothingLost = "nothing is lost"
    /// No output is committed twice.
    case nothingTwice = "nothing comes twice"
    /// Every output follows from the outputs before it: it was folded into the state that these made.
    case stateFollowsInput = "state follows from committed input"
    /// What is given to the group never goes back, and the loop keeps to the order of calls that a log demands.
    case contract = "the loop keeps to the log's contract"
    /// Where a record shows a defect, its partition stands still: everything before is committed, and nothing from there on.
    case haltsAtTheFault = "a partition halts where its fault is"
    /// Only a dead process and too many recoveries end a loop.
    case survival = "a loop survives what may happen"
    /// Once nothing breaks any more, everything is processed and the processes end when asked.
    case progress = "the work gets done"
}
