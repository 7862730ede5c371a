import EmbeddedLog
import Foundation
import KafkaIO
import KafkaProtocol
import Telemetry
import Testing

/// TLS listeners, with librdkafka as the client.
@Suite("Encrypted listeners", .serialized, .timeLimit(.minutes(2)))
struct EncryptedListenerTests {
    /// A broker with a plain listener and one with TLS, whose clients need a certificate.
    private func withBroker(
        _ adjust: (inout EmbeddedLogConfiguration) -> Void = { _ in },
        _ body: (TestBroker, TestCertificates) async throws -> Void
    ) async throws {
        let directory = try TestBroker.makeDirectory()
        let certificates = try TestCertificates(in: directory)
        var outside = BrokerListener()
        outside.advertisedHost = "localhost"
        outside.tls = BrokerListener.TLS(
            certificateFile: certificates.broker,
            keyFile: certificates.brokerKey,
            clientCAFile: certificates.authority
        )
        try await TestBroker.with { configuration in
            configuration.listeners = [BrokerListener(), outside]
            adjust(&configuration)
        } _: { broker in
            try await body(broker, certificates)
        }
        try TestBroker.removeDirectory(directory)
    }

    /// How a client reaches the TLS listener.
    static func settings(
        _ broker: TestBroker,
        authority: String,
        certificate: String? = nil,
        key: String? = nil,
        sasl: KafkaSecurity.SASL? = nil
    ) -> KafkaSettings {
        var tls = KafkaSecurity.TLS()
        tls.caFile = authority
        tls.certificateFile = certificate
        tls.keyFile = key
        return KafkaSettings(
            brokers: ["localhost:\(broker.addresses[1].port)"],
            clientID: "tls",
            security: KafkaSecurity(tls: tls, sasl: sasl)
        )
    }

    /// Whether a client with these settings gets an answer. librdkafka goes on trying where it is refused, so that no answer
    /// is what a refusal looks like.
    ///
    /// - Parameter timeoutMilliseconds: how long to wait for it.
    static func isServed(_ settings: KafkaSettings, timeoutMilliseconds: Int32 = 10_000) async throws -> Bool {
        try await onOwnThread {
            do throws(KafkaError) {
                _ = try KafkaAdmin(settings: settings, timeoutMilliseconds: timeoutMilliseconds).topics()
                return true
            } catch {
                return false
            }
        }
    }

    @Test("a client with a certificate of the authority writes and reads; it is told the listener's own address")
    func withCertificate() async throws {
        try await withBroker { broker, certificates in
            let settings = Self.settings(
                broker,
                authority: certificates.authority,
                certificate: certificates.client,
                key: certificates.clientKey
            )
            try await onOwnThread {
                try KafkaAdmin(settings: settings).createTopics([NewKafkaTopic(name: "t", partitionCount: 1)])
                let producer = try KafkaProducer(settings: settings)
                for number in 0..<200 {
                    let value = [UInt8](repeating: UInt8(97 + number % 26), count: 3_000)
                    try producer.enqueue(
                        KafkaRecord(topic: "t", partition: 0, key: nil, value: value, timestampMilliseconds: 1)
                    )
                }
                #expect(producer.flush(timeoutMilliseconds: 20_000))
                #expect(producer.counts.delivered == 200)
                producer.close(timeoutMilliseconds: 1_000)
            }
            let plain = try broker.connect()
            let inside = try #require(plain.call(MetadataRequest(), version: 1).brokers.first)
            #expect(inside.host == "127.0.0.1" && Int(inside.port) == broker.addresses[0].port)
            #expect(broker.addresses[1].advertisedHost == "localhost")
            #expect(broker.addresses[1].advertisedPort == broker.addresses[1].port)
            #expect(broker.addresses[1].isEncrypted && !broker.addresses[0].isEncrypted)
            #expect(try plain.values("t").count == 200)
        }
    }

    @Test("without a certificate, with one of another authority, or in plain text nobody gets in")
    func withoutCertificate() async throws {
        let metrics = MetricsRegistry()
        try await withBroker {
            $0.metrics = metrics
        } _: { broker, certificates in
            let none = Self.settings(broker, authority: certificates.authority)
            try await expectRefused(Self.isServed(none, timeoutMilliseconds: 1_000))
            let stranger = Self.settings(
                broker,
                authority: certificates.authority,
                certificate: certificates.stranger,
                key: certificates.strangerKey
            )
            try await expectRefused(Self.isServed(stranger, timeoutMilliseconds: 1_000))
            let plain = try TestClient(port: broker.addresses[1].port)
            try plain.send(ApiVersionsRequest(), version: 0)
            #expect(plain.isClosedByBroker(afterAtMost: 32))
            #expect(metrics.total("meterlog_broker_tls_failures_total") >= 3)
            #expect(try broker.connect().call(ApiVersionsRequest(), version: 0).errorCode == 0)
        }
    }

    @Test("a client that does not know the broker's authority refuses the broker")
    func unknownBroker() async throws {
        try await withBroker { broker, certificates in
            let settings = Self.settings(
                broker,
                authority: certificates.stranger,
                certificate: certificates.client,
                key: certificates.clientKey
            )
            try await expectRefused(Self.isServed(settings, timeoutMilliseconds: 1_000))
        }
    }

    @Test("a client that connects and says nothing is cut off; the others stay")
    func silentClient() async throws {
        try await withBroker {
            $0.limits.authenticationTimeoutMilliseconds = 100
        } _: { broker, _ in
            let plain = try broker.connect()
            let silent = try TestClient(port: broker.addresses[1].port)
            #expect(silent.isClosedByBroker())
            #expect(try plain.call(ApiVersionsRequest(), version: 0).errorCode == 0)
        }
    }

    @Test("a new certificate serves new connections after a reload; one that can't be read changes nothing")
    func reload() async throws {
        try await withBroker { broker, certificates in
            func settings(_ authority: String) -> KafkaSettings {
                Self.settings(
                    broker,
                    authority: authority,
                    certificate: certificates.client,
                    key: certificates.clientKey
                )
            }
            try await expectServed(Self.isServed(settings(certificates.authority)))
            try certificates.renewBroker()
            try await expectServed(Self.isServed(settings(certificates.authority)))
            try broker.server.reload()
            try await expectServed(Self.isServed(settings(certificates.secondAuthority)))
            try await expectRefused(Self.isServed(settings(certificates.authority), timeoutMilliseconds: 1_000))
            try Data("nothing".utf8).write(to: URL(fileURLWithPath: certificates.broker))
            #expect(throws: EmbeddedLogError.self) { try broker.server.reload() }
            try await expectServed(Self.isServed(settings(certificates.secondAuthority)))
        }
    }

    @Test("what a TLS listener lacks is said before it listens")
    func incomplete() async throws {
        let directory = try TestBroker.makeDirectory()
        let certificates = try TestCertificates(in: directory)
        var listener = BrokerListener(host: "0.0.0.0")
        listener.tls = BrokerListener.TLS(
            certificateFile: certificates.broker,
            keyFile: certificates.brokerKey,
            clientCAFile: certificates.authority
        )
        var configuration = EmbeddedLogConfiguration(dataDirectory: directory + "/data")
        configuration.silenceLogger()
        configuration.listeners = [listener]
        let wildcard = #expect(throws: EmbeddedLogError.self) { try EmbeddedLogServer(configuration: configuration) }
        #expect("\(String(describing: wildcard))".contains("advertised host"))

        configuration.listeners[0].advertisedHost = "log.example.org"
        configuration.listeners[0].tls?.clientCAFile = certificates.directory + "/absent.pem"
        await #expect(throws: EmbeddedLogError.self) {
            try await EmbeddedLogServer(configuration: configuration).start()
        }

        configuration.listeners[0].tls?.clientCAFile = certificates.authority
        configuration.listeners[0].tls?.keyFile = certificates.strangerKey
        await #expect(throws: EmbeddedLogError.self) {
            try await EmbeddedLogServer(configuration: configuration).start()
        }

        configuration.listeners[0].tls?.keyFile = certificates.brokerKey
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: certificates.brokerKey)
        let exposed = await #expect(throws: EmbeddedLogError.self) {
            try await EmbeddedLogServer(configuration: configuration).start()
        }
        #expect("\(String(describing: exposed))".contains("0644"))
        try TestBroker.removeDirectory(directory)
    }
}

func expectServed(_ isServed: Bool, _ location: SourceLocation = #_sourceLocation) {
    #expect(isServed, "refused", sourceLocation: location)
}

func expectRefused(_ isServed: Bool, _ location: SourceLocation = #_sourceLocation) {
    #expect(!isServed, "served", sourceLocation: location)
}
