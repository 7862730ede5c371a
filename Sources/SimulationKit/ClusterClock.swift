/// Whose time a cluster goes by. It must be that of the loops that use it: their transactions and sessions time out by it.
public enum ClusterClock: Sendable, Equatable {
    /// The cluster's own, moved by `advance` and by polls that find nothing; for loops that are stepped and take their time from the
    /// cluster.
    case simulated
    /// The machine's monotonic clock, which no call moves; for loops on real threads. A poll that finds nothing sleeps so long,
    /// and not longer than its timeout.
    case machine(idlePauseMicroseconds: UInt32)
}
