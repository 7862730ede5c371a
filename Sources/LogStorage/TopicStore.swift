/// The part of a data directory that says which topics there are. Every change is durable when it returns, and a crash
/// leaves either the old or the new.
struct TopicStore: Sendable {
    let path: String
    let faults: FileFaults?

    private var topicsPath: String { path + "/topics" }
    private var stagingPath: String { path + "/staging" }

    func topicPath(_ name: String) -> String { topicsPath + "/" + name }
    func logPath(_ name: String, _ partition: Int32) -> String { topicPath(name) + "/\(partition)" }

    /// Kafka's rule: 1 to 249 letters, digits, dots, underscores and dashes, and not `.` or `..`.
    static func requireValidName(_ name: String) throws(StorageError) {
        let isValid = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard isValid, (1...249).contains(name.utf8.count), name != ".", name != ".." else {
            throw .invalidTopicName(name)
        }
    }

    /// Makes the directories and empties `staging`.
    func prepare() throws(StorageError) {
        try FileSystem.makeDirectory(topicsPath)
        try FileSystem.makeDirectory(stagingPath)
        if FileSystem.isReadOnlyDisk(path) { return }
        for name in try FileSystem.entries(of: stagingPath) { try FileSystem.removeTree(stagingPath + "/" + name) }
        try FileSystem.syncDirectory(path)
    }

    // MARK: Topics

    func topics() throws(StorageError) -> [TopicDescription] {
        var topics: [TopicDescription] = []
        for name in try FileSystem.entries(of: topicsPath) {
            let file = topicPath(name) + "/topic"
            guard let bytes = try FileSystem.read(file) else {
                throw .inputOutput(operation: "read topic", path: file, errorNumber: 2)
            }
            guard let topic = Self.decode(String(decoding: bytes, as: UTF8.self), name: name) else {
                throw .invalidConfig(name: file, reason: "not a topic file")
            }
            // A crash between the two steps of adding partitions leaves directories to be made.
            for partition in 0..<topic.partitionCount { try FileSystem.makeDirectory(logPath(name, partition)) }
            topics.append(topic)
        }
        return topics
    }

    func create(_ topic: TopicDescription) throws(StorageError) {
        let staged = stagingPath + "/" + topic.name
        if FileSystem.exists(staged) { try FileSystem.removeTree(staged) }
        try FileSystem.makeDirectory(staged)
        for partition in 0..<topic.partitionCount { try FileSystem.makeDirectory(staged + "/\(partition)") }
        try FileSystem.replace(staged + "/topic", with: Array(Self.encode(topic).utf8), faults: faults)
        try FileSystem.rename(staged, to: topicPath(topic.name))
        try FileSystem.syncDirectory(topicsPath)
    }

    func update(_ topic: TopicDescription) throws(StorageError) {
        for partition in 0..<topic.partitionCount { try FileSystem.makeDirectory(logPath(topic.name, partition)) }
        let file = topicPath(topic.name) + "/topic"
        try FileSystem.replace(file, with: Array(Self.encode(topic).utf8), faults: faults)
    }

    /// - Parameter number: tells apart topics of one name that are being removed.
    func delete(_ name: String, number: Int) throws(StorageError) {
        let staged = stagingPath + "/deleted-\(number)"
        try FileSystem.rename(topicPath(name), to: staged)
        try FileSystem.syncDirectory(topicsPath)
        try FileSystem.removeTree(staged)
    }

    /// Lines of a word and its value: `id`, `partitions`, and for each setting `config.<name>`.
    private static func encode(_ topic: TopicDescription) -> String {
        var lines = [
            "id \(String(topic.id.high, radix: 16)) \(String(topic.id.low, radix: 16))",
            "partitions \(topic.partitionCount)",
        ]
        for (name, value) in topic.overrides.sorted(by: { $0.key < $1.key }) { lines.append("config.\(name) \(value)") }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func decode(_ text: String, name: String) -> TopicDescription? {
        var id: TopicID?
        var partitionCount: Int32?
        var overrides: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard words.count == 2 else { return nil }
            switch words[0] {
            case "id":
                let halves = words[1].split(separator: " ").compactMap { UInt64($0, radix: 16) }
                guard halves.count == 2 else { return nil }
                id = TopicID(high: halves[0], low: halves[1])
            case "partitions": partitionCount = Int32(words[1])
            default:
                guard words[0].hasPrefix("config.") else { return nil }
                overrides[String(words[0].dropFirst(7))] = String(words[1])
            }
        }
        guard let id, let partitionCount, partitionCount > 0 else { return nil }
        return TopicDescription(name: name, id: id, partitionCount: partitionCount, overrides: overrides)
    }

    // MARK: Counters

    func counters() throws(StorageError) -> [String: Int64] {
        guard let bytes = try FileSystem.read(path + "/counters") else { return [:] }
        var counters: [String: Int64] = [:]
        for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let value = Int64(words[1]) else {
                throw .invalidConfig(name: path + "/counters", reason: "not a name and a number: \(line)")
            }
            counters[String(words[0])] = value
        }
        return counters
    }

    func write(counters: [String: Int64]) throws(StorageError) {
        let lines = counters.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }
        try FileSystem.replace(path + "/counters", with: Array(lines.joined().utf8), faults: faults)
    }
}
