internal import CRDKafka

/// How to reach a Kafka cluster, shared by every client of this process.
///
/// Encryption and login have types of their own. Everything else that librdkafka can be told (buffers, timeouts) is passed on by
/// its own property names, see librdkafka's `CONFIGURATION.md`; these also come after, and so above, what `security` says. Names that decide about correctness are set by this target alone and are refused here.
public struct KafkaSettings: Sendable, Equatable {
    /// Bootstrap brokers, `host:port`.
    public var brokers: [String]
    /// Name of this client in the broker's logs and metrics.
    public var clientID: String
    /// Encryption and login.
    public var security: KafkaSecurity
    /// librdkafka properties of every client, for example `socket.timeout.ms`.
    public var properties: [String: String]
    /// librdkafka properties of consumers only, for example `session.timeout.ms`.
    public var consumerProperties: [String: String]
    /// librdkafka properties of producers only, for example `compression.type`.
    public var producerProperties: [String: String]
    /// Largest record this client may produce, in bytes; the topic's `max.message.bytes` is the broker's limit.
    public var maxMessageBytes: Int32

    public init(
        brokers: [String],
        clientID: String,
        security: KafkaSecurity = KafkaSecurity(),
        properties: [String: String] = [:],
        consumerProperties: [String: String] = [:],
        producerProperties: [String: String] = [:],
        maxMessageBytes: Int32 = 65 << 20
    ) {
        self.brokers = brokers
        self.clientID = clientID
        self.security = security
        self.properties = properties
        self.consumerProperties = consumerProperties
        self.producerProperties = producerProperties
        self.maxMessageBytes = maxMessageBytes
    }

    /// Oldest librdkafka whose transactions and cooperative rebalancing this target relies on: 2.0.2.
    public static let minimumLibraryVersion: Int32 = 0x0200_02ff

    /// Version of the librdkafka in use, for example "2.0.2".
    public static var libraryVersion: String { String(cString: rd_kafka_version_str()) }

    /// What the librdkafka in use was built with, for example "ssl" and "sasl_scram" (`builtin.features`).
    public static var libraryFeatures: [String] {
        let configuration = rd_kafka_conf_new()
        defer { rd_kafka_conf_destroy(configuration) }
        var characters = [CChar](repeating: 0, count: 512)
        var count = characters.count
        guard rd_kafka_conf_get(configuration, "builtin.features", &characters, &count) == RD_KAFKA_CONF_OK else {
            return []
        }
        return text(characters).split(separator: ",").map { String($0) }
    }

    /// Properties that this target sets itself, because exactly-once depends on them.
    static let reservedProperties: Set<String> = [
        "acks", "auto.offset.reset", "bootstrap.servers", "client.id", "enable.auto.commit", "enable.auto.offset.store",
        "enable.idempotence", "enable.partition.eof", "group.id", "group.instance.id", "isolation.level",
        "max.in.flight", "max.in.flight.requests.per.connection", "message.send.max.retries", "message.timeout.ms",
        "delivery.timeout.ms", "metadata.broker.list", "partition.assignment.strategy", "partitioner",
        "request.required.acks", "retries", "transactional.id", "transaction.timeout.ms", "log.queue", "opaque",
        "message.max.bytes", "queue.buffering.max.messages", "queue.buffering.max.kbytes", "linger.ms",
        "queue.buffering.max.ms",
    ]

    /// Checks the library's version and every property, without connecting.
    /// - Throws: `KafkaError` (fatal) that names the property.
    public func validate() throws(KafkaError) {
        let consumer = try ClientConfiguration(self, kind: .consumer)
        let producer = try ClientConfiguration(self, kind: .producer)
        _ = consumer
        _ = producer
    }
}
