/// One declared topic: what it holds, who writes and reads it, and how long it is kept.
public struct TopicDeclaration: Sendable, Equatable {
    /// What the values are.
    public enum Schema: Sendable, Equatable, CustomStringConvertible {
        /// The sender's bytes, unchanged.
        case verbatim
        /// A JSON document.
        case json
        /// A chunk of a processor's snapshot.
        case snapshot
        /// A protobuf message, by its full name.
        case protobuf(String)

        public var description: String {
            switch self {
            case .verbatim: return "verbatim"
            case .json: return "json"
            case .snapshot: return "snapshot"
            case .protobuf(let name): return name
            }
        }
    }

    /// What becomes of old records (Kafka's `cleanup.policy`).
    public enum Cleanup: String, Sendable, CaseIterable {
        /// Records older than the retention are deleted.
        case delete
        /// Only the latest record of each key is kept.
        case compact
    }

    public var name: String
    public var description: String
    /// The part of the system that writes the topic and answers for its schema.
    public var owner: String
    /// Parts of the system that read it.
    public var consumers: [String]
    public var partitionCount: Int32
    /// What the record key is, in words.
    public var key: String
    public var schema: Schema
    public var cleanup: Cleanup
    /// Milliseconds that records are kept; -1 is for ever.
    public var retentionMilliseconds: Int64
    /// Largest record batch in bytes.
    public var maxMessageBytes: Int64
    /// More settings by Kafka's names.
    public var configs: [String: String]

    public init(
        name: String,
        description: String,
        owner: String,
        consumers: [String],
        partitionCount: Int32,
        key: String,
        schema: Schema,
        cleanup: Cleanup,
        retentionMilliseconds: Int64,
        maxMessageBytes: Int64,
        configs: [String: String] = [:]
    ) {
        self.name = name
        self.description = description
        self.owner = owner
        self.consumers = consumers
        self.partitionCount = partitionCount
        self.key = key
        self.schema = schema
        self.cleanup = cleanup
        self.retentionMilliseconds = retentionMilliseconds
        self.maxMessageBytes = maxMessageBytes
        self.configs = configs
    }

    /// Every setting that the topic is to have, by Kafka's names.
    public var topicConfigs: [String: String] {
        var result = configs
        result["cleanup.policy"] = cleanup.rawValue
        result["retention.ms"] = String(retentionMilliseconds)
        result["max.message.bytes"] = String(maxMessageBytes)
        return result
    }

    /// Settings that have a key of their own in a declaration.
    static let ownKeys: [String: String] = [
        "cleanup.policy": "cleanup", "retention.ms": "retention", "max.message.bytes": "max-message-bytes",
    ]
}
