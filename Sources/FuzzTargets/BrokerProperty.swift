import EmbeddedLog
import Foundation
import KafkaProtocol
import LogStorage

/// Whatever frames a client sends, the broker answers each at most once, still serves others, and starts again on what
/// it has stored.
enum BrokerProperty {
    /// More frames than that in one input find nothing that fewer don't.
    private static let frameLimit = 64

    static func check(_ bytes: [UInt8]) throws {
        let frames = split(bytes)
        guard !frames.isEmpty else { return }
        let directory = try makeDirectory()
        defer { remove(directory) }
        let before = try inBroker(directory) { broker in
            try createTopics(broker)
            for frame in frames { _ = try broker.serve(frame) }
            try broker.settle()
            return try metadata(broker)
        }
        let after = try inBroker(directory) { try metadata($0) }
        guard before.topics.map(\.name) == after.topics.map(\.name) else {
            throw FuzzFailure("other topics after a restart: \(before.topics.map(\.name)), \(after.topics.map(\.name))")
        }
    }

    private static func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var frames: [[UInt8]] = []
        var rest = bytes[...]
        while rest.count > 2, frames.count < frameLimit {
            let length = Int(rest[rest.startIndex]) << 8 | Int(rest[rest.startIndex + 1])
            rest = rest.dropFirst(2)
            frames.append(Array(rest.prefix(length)))
            rest = rest.dropFirst(length)
        }
        return frames
    }

    private static func inBroker<Value>(_ directory: String, _ body: (BrokerProbe) throws -> Value) throws -> Value {
        var configuration = EmbeddedLogConfiguration(dataDirectory: directory)
        configuration.silenceLogger()
        configuration.fsync = .interval(milliseconds: 1_000)
        configuration.minSessionTimeoutMilliseconds = 1
        configuration.limits.maxPartitions = 64
        let broker: BrokerProbe
        do {
            broker = try BrokerProbe(configuration: configuration)
        } catch {
            throw FuzzFailure("the broker does not start: \(error)")
        }
        let value: Value
        do {
            value = try body(broker)
        } catch {
            try broker.close()
            throw error
        }
        try broker.close()
        guard broker.repeatedAnswers == 0 else { throw FuzzFailure("a frame was answered more than once") }
        return value
    }

    private static func createTopics(_ broker: BrokerProbe) throws {
        var request = CreateTopicsRequest()
        request.topics = [("t", Int32(2), "delete"), ("c", 1, "compact")].map { name, partitions, policy in
            var topic = CreateTopicsRequest.CreatableTopic()
            topic.name = name
            topic.numPartitions = partitions
            topic.replicationFactor = 1
            var config = CreateTopicsRequest.CreatableTopic.CreatableTopicConfig()
            config.name = "cleanup.policy"
            config.value = policy
            topic.configs = [config]
            return topic
        }
        let response = try call(broker, request, version: 5)
        guard response.topics.allSatisfy({ $0.errorCode == 0 }) else { throw FuzzFailure("no topics to test with") }
    }

    private static func metadata(_ broker: BrokerProbe) throws -> MetadataResponse {
        var request = MetadataRequest()
        request.topics = nil
        return try call(broker, request, version: 9)
    }

    private static func call<Request: KafkaRequest>(
        _ broker: BrokerProbe,
        _ request: Request,
        version: Int16
    ) throws -> Request.Response {
        let frame = try EncodedFrame(request, version: version, correlationId: 1, clientId: nil)
        switch try broker.serve(Array(frame.bytes.dropFirst(4)), waitMilliseconds: 30_000) {
        case .frame(let bytes): return try Request.Response.decode(frame: bytes.dropFirst(4), version: version).response
        case let other: throw FuzzFailure("\(Request.self) is answered with \(other)")
        }
    }

    private static func makeDirectory() throws -> String {
        // In memory, where there is such a folder: the disk is not what is tested.
        let shared = "/dev/shm"
        let parent = access(shared, W_OK) == 0 ? shared : FileManager.default.temporaryDirectory.path
        let path = "\(parent)/meterlog-fuzz-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    private static func remove(_ directory: String) {
        do {
            try FileManager.default.removeItem(atPath: directory)
        } catch {
            FileHandle.standardError.write(Data("\(directory) stays: \(error)\n".utf8))
        }
    }
}
