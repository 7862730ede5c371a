/// Whether the parts of a process can do their work, asked anew for every `/ready`.
public struct Readiness: Sendable {
    /// What one part says.
    public struct Part: Sendable, Equatable {
        public var name: String
        public var isReady: Bool
        /// How it is, for people.
        public var detail: String

        public init(name: String, isReady: Bool, detail: String) {
            self.name = name
            self.isReady = isReady
            self.detail = detail
        }
    }

    private let probes: [@Sendable () -> Part]

    /// - Parameter probes: each looks at one part. They must not block.
    public init(_ probes: [@Sendable () -> Part] = []) {
        self.probes = probes
    }

    public var parts: [Part] { probes.map { $0() } }
}
