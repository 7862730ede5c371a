import KafkaIO
import PostgresIO
import StreamCore

/// Why a projector's session ended, by what is done about it.
struct ProjectionFailure: Error, Sendable, Equatable {
    enum Reaction: Sendable, Equatable {
        /// The database or the log is away, or a transaction lost a race: wait, and start a new session from the stored offsets.
        case retry
        /// Another projector owns the read model: stand by.
        case fenced
        /// The database refused something in the rows: find the record and stop its partition.
        case reject
        /// Stop with the reason.
        case fatal
    }

    var reaction: Reaction
    var reason: String

    init(_ reaction: Reaction, _ reason: String) {
        self.reaction = reaction
        self.reason = reason
    }

    init(_ error: PostgresError) {
        switch error.reaction {
        case .retry, .redo: self.init(.retry, "\(error)")
        case .fenced: self.init(.fenced, "\(error)")
        case .reject: self.init(.reject, "\(error)")
        case .fatal: self.init(.fatal, "\(error)")
        }
    }

    init(_ error: LogError) {
        switch error.reaction {
        case .retry, .abortAndRedo, .fenced, .rejoin: self.init(.retry, "\(error)")
        case .fatal: self.init(.fatal, "\(error)")
        }
    }

    init(_ error: KafkaError) {
        switch error.reaction {
        case .retry, .queueFull: self.init(.retry, "\(error)")
        case .reject, .fatal: self.init(.fatal, "\(error)")
        }
    }
}
