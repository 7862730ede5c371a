/// How long a call about offsets or transactions is waited for: up to a limit, and hardly at all once the process is to end.
///
/// The library's calls can't be interrupted, so they are made in slices: a broker that is away holds up a stop for one slice only.
struct Patience: Sendable {
    /// Longest slice; a broker that needs longer for one answer is as good as away.
    private static let sliceMilliseconds: Int32 = 4000
    /// Longest slice after a stop was requested: what a broker that is there needs to answer.
    private static let stoppingSliceMilliseconds: Int32 = 2000

    /// Upper limit of each call, in milliseconds.
    var timeoutMilliseconds: Int32
    var isStopRequested: @Sendable () -> Bool = { false }

    var deadline: Deadline { Deadline(milliseconds: timeoutMilliseconds) }

    /// Whether no further attempt should be made.
    func isOver(_ deadline: Deadline) -> Bool { deadline.isOver || isStopRequested() }

    /// Milliseconds that the next attempt may take, at least 1.
    func sliceMilliseconds(_ deadline: Deadline) -> Int32 {
        let slice = isStopRequested() ? Self.stoppingSliceMilliseconds : Self.sliceMilliseconds
        return max(1, min(deadline.remainingMilliseconds, slice))
    }
}
