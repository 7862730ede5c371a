import LogStorage

/// One topic setting as DescribeConfigs shows it.
struct TopicConfigEntry {
    /// The protocol's numbers for where a value comes from.
    enum Source {
        static let topic: Int8 = 1
        static let staticBroker: Int8 = 4
        static let `default`: Int8 = 5
    }

    /// The protocol's numbers for the type of a value.
    enum ValueType: Int8 {
        case boolean = 1
        case string = 2
        case int = 3
        case long = 5
        case double = 6
        case list = 7
    }

    let name: String
    let value: String
    let type: ValueType

    /// Every setting that this broker honours, by Kafka's names.
    static func all(of config: LogConfig) -> [TopicConfigEntry] {
        var policies: [String] = []
        if config.cleanupPolicy.contains(.compact) { policies.append("compact") }
        if config.cleanupPolicy.contains(.delete) { policies.append("delete") }
        return [
            TopicConfigEntry("cleanup.policy", policies.joined(separator: ","), .list),
            TopicConfigEntry("compression.type", "producer", .string),
            TopicConfigEntry("delete.retention.ms", config.deleteRetentionMilliseconds, .long),
            TopicConfigEntry("index.interval.bytes", config.indexIntervalBytes, .int),
            TopicConfigEntry("max.message.bytes", config.maxMessageBytes, .int),
            TopicConfigEntry("message.timestamp.type", config.messageTimestampType.rawValue, .string),
            TopicConfigEntry("min.cleanable.dirty.ratio", config.minCleanableDirtyRatio, .double),
            TopicConfigEntry("min.compaction.lag.ms", config.minCompactionLagMilliseconds, .long),
            TopicConfigEntry("min.insync.replicas", 1, .int),
            TopicConfigEntry("retention.bytes", config.retentionBytes ?? -1, .long),
            TopicConfigEntry("retention.ms", config.retentionMilliseconds ?? -1, .long),
            TopicConfigEntry("segment.bytes", config.segmentBytes, .int),
            TopicConfigEntry("segment.ms", config.segmentMilliseconds, .long),
        ]
    }

    private init(_ name: String, _ value: some CustomStringConvertible, _ type: ValueType) {
        self.name = name
        self.value = value.description
        self.type = type
    }

    init(brokerSetting name: String, _ value: some CustomStringConvertible, _ type: ValueType) {
        self.init(name, value, type)
    }

    func source(overrides: [String: String]) -> Int8 {
        overrides[name] == nil ? Source.default : Source.topic
    }
}
