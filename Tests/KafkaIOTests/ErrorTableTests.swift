import KafkaIO
import StreamCore
import Testing

@Suite("Error table")
struct ErrorTableTests {
    @Test("every name in the table is a name of the library")
    func namesExist() {
        #expect(ErrorTable.libraryNames.count > 100)
        #expect(ErrorTable.unknownNames == [])
    }

    @Test("unconditional rows win over every combination of flags, in every operation")
    func unconditionalRows() {
        for (name, expected) in ErrorTable.unconditional {
            for flags in allFlags {
                for operation in ErrorTable.Operation.allCases {
                    let reaction = ErrorTable.reaction(to: name, flags: flags, during: operation)
                    #expect(reaction == expected, "\(name) \(flags) \(operation)")
                }
            }
        }
    }

    @Test("unflagged rows hold without flags and yield to abort and fatal")
    func unflaggedRows() {
        for (name, expected) in ErrorTable.unflagged where name != "_QUEUE_FULL" {
            #expect(ErrorTable.reaction(to: name, flags: .none, during: .transaction) == expected, "\(name)")
            let abort = ErrorTable.Flags(requiresAbort: true)
            #expect(ErrorTable.reaction(to: name, flags: abort, during: .transaction) == .abortAndRedo, "\(name)")
            let fatal = ErrorTable.Flags(isFatal: true)
            #expect(ErrorTable.reaction(to: name, flags: fatal, during: .transaction) == .fatal, "\(name)")
        }
    }

    @Test("what is fatal to a consumer needs a new one, what is fatal to a producer stops the thread")
    func fatalFlag() {
        let fatal = ErrorTable.Flags(isFatal: true)
        for operation in ErrorTable.Operation.allCases {
            let expected: LogError.Reaction = operation == .consume || operation == .group ? .rejoin : .fatal
            #expect(ErrorTable.reaction(to: "_FAIL", flags: fatal, during: operation) == expected, "\(operation)")
        }
    }

    @Test("no name is in both tables")
    func disjoint() {
        let both = Set(ErrorTable.unconditional.keys).intersection(ErrorTable.unflagged.keys)
        #expect(both.isEmpty)
    }

    @Test(
        "the reactions that exactly-once depends on",
        arguments: [
            ("_FENCED", LogError.Reaction.fenced), ("PRODUCER_FENCED", .fenced), ("INVALID_PRODUCER_EPOCH", .fenced),
            ("INVALID_PRODUCER_ID_MAPPING", .fenced), ("UNKNOWN_MEMBER_ID", .fenced), ("ILLEGAL_GENERATION", .fenced),
            ("FENCED_INSTANCE_ID", .rejoin), ("TOPIC_AUTHORIZATION_FAILED", .fatal), ("MSG_SIZE_TOO_LARGE", .fatal),
            ("OFFSET_OUT_OF_RANGE", .fatal), ("_TRANSPORT", .retry), ("_TIMED_OUT", .retry),
            ("UNSTABLE_OFFSET_COMMIT", .retry), ("CONCURRENT_TRANSACTIONS", .retry), ("_MSG_TIMED_OUT", .abortAndRedo),
            ("REBALANCE_IN_PROGRESS", .abortAndRedo), ("a name that nobody knows", .fatal),
        ]
    )
    func importantRows(name: String, expected: LogError.Reaction) {
        #expect(ErrorTable.reaction(to: name, flags: .none, during: .transaction) == expected)
    }

    @Test("the wrong state means abort while producing, and a new producer otherwise")
    func state() {
        #expect(ErrorTable.reaction(to: "_STATE", flags: .none, during: .produce) == .abortAndRedo)
        #expect(ErrorTable.reaction(to: "_STATE", flags: .none, during: .transaction) == .fenced)
        #expect(ErrorTable.reaction(to: "_QUEUE_FULL", flags: .none, during: .produce) == .abortAndRedo)
        #expect(ErrorTable.reaction(to: "_QUEUE_FULL", flags: .none, during: .consume) == .retry)
    }

    @Test("a code without a row follows the retriable flag")
    func retriableFlag() {
        let flags = ErrorTable.Flags(isRetriable: true)
        #expect(ErrorTable.reaction(to: "_FAIL", flags: flags, during: .transaction) == .retry)
        #expect(ErrorTable.reaction(to: "_FAIL", flags: .none, during: .transaction) == .fatal)
    }

    private var allFlags: [ErrorTable.Flags] {
        (0..<8).map { bits in
            ErrorTable.Flags(isRetriable: bits & 1 != 0, requiresAbort: bits & 2 != 0, isFatal: bits & 4 != 0)
        }
    }
}
