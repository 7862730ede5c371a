/// What a simulated run did, and everything that was wrong.
public struct SimulationReport: Sendable, CustomStringConvertible {
    public var seed: UInt64
    public var steps = 0
    public var inputs = 0
    public var outputs = 0
    /// Faults that were injected, by name.
    public var faults: [String: Int] = [:]
    /// Events that the loops reported, by code.
    public var events: [String: Int] = [:]
    /// What was wrong, in the order in which it was seen.
    public var violations: [Violation] = []
    /// Places passed where a process may die.
    public var crashPoints = 0

    /// A breach of a law.
    public struct Violation: Sendable, Equatable, CustomStringConvertible {
        public var law: SimulationLaw
        public var detail: String

        public init(_ law: SimulationLaw, _ detail: String) {
            self.law = law
            self.detail = detail
        }

        public var description: String { "\(law.rawValue): \(detail)" }
    }

    public var isPassed: Bool { violations.isEmpty }

    public var description: String {
        let lists = [faults, events].map { counts in
            counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        }
        let verdict = isPassed ? "passed" : "FAILED:\n  " + violations.map(\.description).joined(separator: "\n  ")
        return
            "seed \(seed): \(steps) steps, \(inputs) inputs, \(outputs) outputs; faults: \(lists[0]); events: \(lists[1]); \(verdict)"
    }
}
