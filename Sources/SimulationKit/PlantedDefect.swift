/// A defect planted in the log or in the processes, to see that the oracle finds it.
public enum PlantedDefect: String, Sendable, Equatable, CaseIterable {
    /// Input offsets are committed on their own, before the outputs.
    case offsetsCommittedBeforeOutputs = "offsets-before-outputs"
    /// Outputs are committed on their own, before the input offsets.
    case outputsCommittedBeforeOffsets = "outputs-before-offsets"
    /// A member that the group has removed may still commit.
    case removedMembersMayCommit = "removed-members-commit"
    /// Readers see records of aborted transactions.
    case abortedRecordsVisible = "aborted-records-visible"
    /// What an aborted transaction wrote stays, and its records are folded again.
    case redoKeepsOutputs = "redo-keeps-outputs"
    /// What the open transaction of a member wrote whose name was taken stays, and its records are folded again.
    case rejoinKeepsOutputs = "rejoin-keeps-outputs"
    /// The partition goes on behind a record that shows a defect.
    case poisonSkipped = "poison-skipped"
    /// A snapshot is written in the middle of a transaction, labelled with the offset before it.
    case snapshotOfUncommittedState = "uncommitted-snapshot"
    /// The last records before the committed offset are folded with outputs when a state is restored.
    case replayWithOutputs = "replay-with-outputs"
}
