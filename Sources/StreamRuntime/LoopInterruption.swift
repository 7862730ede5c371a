import StreamCore

/// Why a step could not go on; the loop turns it into one of the reactions.
enum LoopInterruption: Error {
    /// Never with the reaction "retry": that was dealt with.
    case log(LogError, operation: String)
    /// At a record of the slice that was being folded.
    case processor(ProcessorFault)
    /// Retrying took longer than the drain allows.
    case outOfTime(LogError, operation: String)
    case failure(StreamFailure)
}
