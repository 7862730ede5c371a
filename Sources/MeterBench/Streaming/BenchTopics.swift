import Synchronization

/// The topics of the measurement that runs, which its options name. Set once before the streams start.
package struct BenchTopics: Sendable, Equatable {
    package var input: String
    package var output: String

    package init(input: String, output: String) {
        self.input = input
        self.output = output
    }

    package var deadLetters: String { output + ".deadletter" }

    private static let shared = Mutex(BenchTopics(input: "bench.in", output: "bench.out"))

    package static var current: BenchTopics {
        get { shared.withLock { $0 } }
        set { shared.withLock { $0 = newValue } }
    }
}
