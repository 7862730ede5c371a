import StreamCore

/// What a loop is doing. Every step begins in one of these, and moves only as `allows` says.
enum LoopPhase: Equatable {
    /// Not subscribed yet.
    case joining
    case running
    /// The open transaction or the membership failed; that is to be mended and state restored before anything else.
    case recovering(Recovery)
    /// A stop was requested: commit, leave.
    case draining
    case stopped
    case failed

    struct Recovery: Equatable {
        /// Each does what the ones before it do, and more.
        enum Scope: Int, Comparable {
            /// Abort; restore the tasks with uncommitted work.
            case redo
            /// New producer; restore all tasks.
            case fenced
            /// New producer; drop all tasks and join the group again, which gives partitions anew.
            case rejoin

            static func < (left: Scope, right: Scope) -> Bool { left.rawValue < right.rawValue }
        }

        var scope: Scope
        var cause: LogError
    }

    func allows(_ next: LoopPhase) -> Bool {
        switch (self, next) {
        case (.joining, .running), (.joining, .recovering), (.joining, .draining), (.joining, .failed): true
        case (.running, .recovering), (.running, .draining), (.running, .failed): true
        case (.recovering, .recovering), (.recovering, .running), (.recovering, .draining), (.recovering, .failed): true
        case (.draining, .stopped), (.draining, .failed): true
        default: false
        }
    }

    mutating func move(to next: LoopPhase) {
        precondition(allows(next), "a loop does not go from \(self) to \(next)")
        self = next
    }
}
