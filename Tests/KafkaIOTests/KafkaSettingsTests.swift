import KafkaIO
import Testing

@Suite("Kafka settings")
struct KafkaSettingsTests {
    @Test("security properties pass through")
    func accepted() throws {
        let settings = KafkaSettings(
            brokers: ["127.0.0.1:9092"],
            clientID: "test",
            properties: [
                "security.protocol": "SASL_PLAINTEXT", "sasl.mechanisms": "PLAIN", "sasl.username": "u",
                "sasl.password": "p",
            ],
            consumerProperties: ["session.timeout.ms": "10000"],
            producerProperties: ["compression.type": "lz4"]
        )
        try settings.validate()
    }

    @Test("encryption and login have types of their own, and the library has what they need")
    func security() throws {
        #expect(Set(["ssl", "sasl_scram", "sasl_plain"]).isSubset(of: KafkaSettings.libraryFeatures))
        var security = KafkaSecurity()
        #expect(security.protocolName == "plaintext")
        security.sasl = KafkaSecurity.SASL(mechanism: .scramSHA512, username: "meterlog", password: "secret")
        #expect(security.protocolName == "sasl_plaintext")
        try KafkaSettings(brokers: ["127.0.0.1:9092"], clientID: "test", security: security).validate()
        security.tls = KafkaSecurity.TLS()
        #expect(security.protocolName == "sasl_ssl")
        #expect("\(security)".contains("SCRAM-SHA-512 as meterlog") && !"\(security)".contains("secret"))
        security.sasl = nil
        #expect(security.protocolName == "ssl")
        security.tls?.caFile = "/nonexistent/ca.pem"
        let settings = KafkaSettings(brokers: ["127.0.0.1:9092"], clientID: "test", security: security)
        #expect(throws: KafkaError.self) { try KafkaAdmin(settings: settings) }
    }

    @Test(
        "wrong properties are refused by name",
        arguments: [
            ("no.such.property", "1", "UNKNOWN_PROPERTY"), ("security.protocol", "rot13", "INVALID_PROPERTY"),
            ("isolation.level", "read_uncommitted", "RESERVED_PROPERTY"), ("acks", "0", "RESERVED_PROPERTY"),
            ("enable.auto.commit", "true", "RESERVED_PROPERTY"),
        ]
    )
    func refused(name: String, value: String, code: String) {
        let settings = KafkaSettings(brokers: ["127.0.0.1:9092"], clientID: "test", properties: [name: value])
        let error = #expect(throws: KafkaError.self) { try settings.validate() }
        #expect(error?.code == code)
        #expect(error?.reaction == .fatal)
        #expect(error?.message.contains(name) == true)
    }

    @Test("a cluster without brokers is refused")
    func noBrokers() {
        let error = #expect(throws: KafkaError.self) { try KafkaSettings(brokers: [], clientID: "test").validate() }
        #expect(error?.code == "NO_BROKERS")
    }

    @Test("the library is new enough")
    func libraryVersion() {
        #expect(!KafkaSettings.libraryVersion.isEmpty)
        #expect(KafkaSettings.minimumLibraryVersion == 0x0200_02ff)
    }
}
