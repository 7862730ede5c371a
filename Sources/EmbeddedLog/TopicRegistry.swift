import KafkaProtocol
import LogStorage
import Synchronization

/// A topic and its open logs, as it was when it was looked up.
struct Topic: Sendable {
    let description: TopicDescription
    /// By partition number.
    let logs: [PartitionLog]

    var name: String { description.name }
    var id: KafkaUUID { KafkaUUID(high: description.id.high, low: description.id.low) }
    var isInternal: Bool { InternalTopics.names.contains(name) }

    func log(_ partition: Int32) -> PartitionLog? {
        logs.indices.contains(Int(partition)) ? logs[Int(partition)] : nil
    }
}

/// The names that belong to the broker.
enum InternalTopics {
    static let offsets = "__consumer_offsets"
    static let transactions = "__transaction_state"
    static let names: Set<String> = [offsets, transactions]
}

/// The topics by name and by id, so that a request looks up each topic once. The data directory holds the truth; this
/// is read again after every change.
final class TopicRegistry: Sendable {
    private struct Topics {
        var byName: [String: Topic] = [:]
        var nameById: [KafkaUUID: String] = [:]
        var partitionCount = 0
    }

    private let directory: LogDirectory
    private let topics = Mutex(Topics())

    init(directory: LogDirectory) {
        self.directory = directory
        reload()
    }

    /// Reads the topics of the data directory.
    func reload() {
        var found = Topics()
        for description in directory.topics {
            let logs = (0..<description.partitionCount).compactMap {
                directory.log(topic: description.name, partition: $0)
            }
            guard logs.count == Int(description.partitionCount) else { continue }
            let topic = Topic(description: description, logs: logs)
            found.byName[topic.name] = topic
            found.nameById[topic.id] = topic.name
            found.partitionCount += logs.count
        }
        let result = found
        topics.withLock { $0 = result }
    }

    func topic(_ name: String) -> Topic? {
        topics.withLock { $0.byName[name] }
    }

    func topic(_ id: KafkaUUID) -> Topic? {
        topics.withLock { topics in topics.nameById[id].flatMap { topics.byName[$0] } }
    }

    /// Another topic of the same name but for `.` and `_`, which metric names can't tell apart. Kafka's rule for new
    /// topics.
    func topic(collidingWith name: String) -> String? {
        func folded(_ name: String) -> String { String(name.map { $0 == "." ? "_" : $0 }) }
        let wanted = folded(name)
        guard wanted.contains("_") else { return nil }
        return topics.withLock { topics in
            topics.byName.keys.filter { $0 != name && folded($0) == wanted }.min()
        }
    }

    func log(_ name: String, _ partition: Int32) -> PartitionLog? {
        topic(name)?.log(partition)
    }

    /// All topics, by name.
    var all: [Topic] {
        topics.withLock { Array($0.byName.values) }.sorted { $0.name < $1.name }
    }

    /// Partitions of all topics.
    var partitionCount: Int {
        topics.withLock { $0.partitionCount }
    }
}
