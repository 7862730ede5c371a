/// The difference between the declared topics and those of a cluster, as steps that would remove it.
public struct TopicPlan: Sendable, Equatable {
    /// A topic as the cluster has it.
    public struct Actual: Sendable, Equatable {
        public var name: String
        public var partitionCount: Int32
        /// Settings in force, by Kafka's names, inherited ones included.
        public var configs: [String: String]

        public init(name: String, partitionCount: Int32, configs: [String: String]) {
            self.name = name
            self.partitionCount = partitionCount
            self.configs = configs
        }
    }

    /// One setting that differs.
    public struct ConfigChange: Sendable, Equatable, CustomStringConvertible {
        public var name: String
        /// Nil where the cluster doesn't report the setting.
        public var from: String?
        public var to: String

        public init(name: String, from: String?, to: String) {
            self.name = name
            self.from = from
            self.to = to
        }

        public var description: String { "\(name): \(from ?? "(unknown)") -> \(to)" }
    }

    public enum Step: Sendable, Equatable, CustomStringConvertible {
        case create(TopicDeclaration)
        /// More partitions send keys elsewhere: state and order by key break at that point, so it is done only when asked for.
        case growPartitions(topic: String, from: Int32, to: Int32)
        case setConfigs(topic: String, [ConfigChange])
        /// Partitions can't be taken away: the topic would have to be written anew.
        case tooManyPartitions(topic: String, declared: Int32, actual: Int32)

        public var topic: String {
            switch self {
            case .create(let declaration): return declaration.name
            case .growPartitions(let topic, _, _), .setConfigs(let topic, _), .tooManyPartitions(let topic, _, _):
                return topic
            }
        }

        /// Whether no request of ours can remove the difference.
        public var isUnfixable: Bool {
            if case .tooManyPartitions = self { return true }
            return false
        }

        public var description: String {
            switch self {
            case .create(let declaration):
                return "\(declaration.name): create with \(declaration.partitionCount) partitions"
            case .growPartitions(let topic, let from, let to):
                return "\(topic): grow from \(from) to \(to) partitions (moves keys)"
            case .setConfigs(let topic, let changes):
                return "\(topic): set " + changes.map(\.description).joined(separator: ", ")
            case .tooManyPartitions(let topic, let declared, let actual):
                return "\(topic): has \(actual) partitions, declared are \(declared); can't be changed"
            }
        }
    }

    /// By topic name; for one topic partitions before settings.
    public var steps: [Step]
    /// Topics of ours (`meter.…`) that exist without being declared.
    public var undeclared: [String]

    /// Whether the cluster is as declared.
    public var isEmpty: Bool { steps.isEmpty }

    public init(steps: [Step], undeclared: [String]) {
        self.steps = steps
        self.undeclared = undeclared
    }

    /// Compares; makes no request.
    public static func make(declared catalog: TopicCatalog, actual: [Actual]) -> TopicPlan {
        let byName = Dictionary(actual.map { ($0.name, $0) }) { first, _ in first }
        let steps = catalog.declarations.flatMap { declaration in
            byName[declaration.name].map { differences(declaration, $0) } ?? [.create(declaration)]
        }
        let undeclared = actual.map(\.name).filter { $0.hasPrefix("meter.") && catalog[$0] == nil }.sorted()
        return TopicPlan(steps: steps, undeclared: undeclared)
    }

    private static func differences(_ declaration: TopicDeclaration, _ actual: Actual) -> [Step] {
        var steps: [Step] = []
        let name = declaration.name
        if actual.partitionCount < declaration.partitionCount {
            steps.append(
                .growPartitions(topic: name, from: actual.partitionCount, to: declaration.partitionCount)
            )
        } else if actual.partitionCount > declaration.partitionCount {
            steps.append(
                .tooManyPartitions(
                    topic: name,
                    declared: declaration.partitionCount,
                    actual: actual.partitionCount
                )
            )
        }
        let changes = declaration.topicConfigs.sorted { $0.key < $1.key }.compactMap { config -> ConfigChange? in
            let from = actual.configs[config.key]
            return from == config.value ? nil : ConfigChange(name: config.key, from: from, to: config.value)
        }
        if !changes.isEmpty { steps.append(.setConfigs(topic: name, changes)) }
        return steps
    }
}
