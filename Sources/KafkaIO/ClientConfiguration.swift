internal import CRDKafka

/// Owner of a `rd_kafka_conf_t` until a client takes it.
final class ClientConfiguration {
    enum Kind: Sendable {
        case consumer
        case producer
    }

    /// Nil after a client took it.
    private var pointer: OpaquePointer?

    init(_ settings: KafkaSettings, kind: Kind) throws(KafkaError) {
        guard rd_kafka_version() >= KafkaSettings.minimumLibraryVersion else {
            throw KafkaError(
                .fatal,
                code: "LIBRARY_TOO_OLD",
                message: "librdkafka \(KafkaSettings.libraryVersion) is older than 2.0.2"
            )
        }
        guard !settings.brokers.isEmpty else {
            throw KafkaError(.fatal, code: "NO_BROKERS", message: "no Kafka broker is configured")
        }
        let missing = settings.security.features.filter { !KafkaSettings.libraryFeatures.contains($0) }
        guard missing.isEmpty else {
            let names = missing.joined(separator: ", ")
            throw KafkaError(
                .fatal,
                code: "LIBRARY_LACKS_FEATURE",
                message: "librdkafka \(KafkaSettings.libraryVersion) was built without \(names)"
            )
        }
        pointer = rd_kafka_conf_new()
        try apply(settings, kind)
    }

    deinit {
        if let pointer { rd_kafka_conf_destroy(pointer) }
    }

    private func apply(_ settings: KafkaSettings, _ kind: Kind) throws(KafkaError) {
        try set("bootstrap.servers", settings.brokers.joined(separator: ","))
        try set("client.id", settings.clientID)
        // A restarted single-node broker must be found again soon, not after the library's 10 s.
        try set("reconnect.backoff.ms", "100")
        try set("reconnect.backoff.max.ms", "2000")
        try set("socket.nagle.disable", "true")
        try set("socket.keepalive.enable", "true")
        try set("log.connection.close", "false")
        try set("message.max.bytes", String(settings.maxMessageBytes))
        for (name, value) in settings.security.properties { try set(name, value) }
        try setAll(settings.properties)
        switch kind {
        case .consumer: try setAll(settings.consumerProperties)
        case .producer: try setAll(settings.producerProperties)
        }
    }

    private func setAll(_ properties: [String: String]) throws(KafkaError) {
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            guard !KafkaSettings.reservedProperties.contains(name) else {
                throw KafkaError(
                    .fatal,
                    code: "RESERVED_PROPERTY",
                    message: "the Kafka property \"\(name)\" is set by Meterlog and can't be configured"
                )
            }
            try set(name, value)
        }
    }

    func set(_ name: String, _ value: String) throws(KafkaError) {
        var reason = [CChar](repeating: 0, count: 512)
        let result = rd_kafka_conf_set(pointer, name, value, &reason, reason.count)
        guard result != RD_KAFKA_CONF_OK else { return }
        let code = result == RD_KAFKA_CONF_UNKNOWN ? "UNKNOWN_PROPERTY" : "INVALID_PROPERTY"
        throw KafkaError(.fatal, code: code, message: "Kafka property \"\(name)\": \(text(reason))")
    }

    func withPointer(_ body: (OpaquePointer) -> Void) {
        if let pointer { body(pointer) }
    }

    /// Makes the client, which takes the configuration.
    func makeClient(_ kind: Kind) throws(KafkaError) -> OpaquePointer {
        var reason = [CChar](repeating: 0, count: 512)
        let type = kind == .consumer ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER
        guard let client = rd_kafka_new(type, pointer, &reason, reason.count) else {
            // The configuration is still this object's, whose deinit destroys it.
            throw KafkaError(.fatal, code: "CLIENT_REFUSED", message: text(reason))
        }
        pointer = nil
        return client
    }
}

/// A C string up to its terminator, as text.
func text(_ characters: [CChar]) -> String {
    String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
}
