import EmbeddedLog
import Foundation
import KafkaIO
import KafkaProtocol
import Telemetry
import Testing

/// Logins by SASL: with librdkafka as the client, and byte by byte.
@Suite("Authentication", .serialized, .timeLimit(.minutes(2)))
struct AuthenticationTests {
    /// A broker whose only listener asks for a login; `alice` has the password `right`.
    private func withBroker(
        _ mechanisms: [SASLMechanism] = SASLMechanism.allCases,
        _ adjust: (inout EmbeddedLogConfiguration) -> Void = { _ in },
        _ body: (TestBroker, _ credentials: String) async throws -> Void
    ) async throws {
        let directory = try TestBroker.makeDirectory()
        let path = directory + "/credentials"
        var file = CredentialFile()
        try file.set(user: "alice", password: "right", iterations: SCRAMCredential.minimumIterations)
        try Self.write(file, path)
        try await TestBroker.with { configuration in
            configuration.listeners[0].mechanisms = mechanisms
            configuration.credentialsFile = path
            adjust(&configuration)
        } _: { broker in
            try await body(broker, path)
        }
        try TestBroker.removeDirectory(directory)
    }

    static func write(_ file: CredentialFile, _ path: String) throws {
        try Data(file.text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    private func isServed(
        _ broker: TestBroker,
        _ mechanism: KafkaSecurity.SASL.Mechanism,
        user: String = "alice",
        password: String,
        timeoutMilliseconds: Int32 = 10_000
    ) async throws -> Bool {
        let sasl = KafkaSecurity.SASL(mechanism: mechanism, username: user, password: password)
        return try await EncryptedListenerTests.isServed(
            KafkaSettings(
                brokers: ["127.0.0.1:\(broker.port)"],
                clientID: "sasl",
                security: KafkaSecurity(sasl: sasl)
            ),
            timeoutMilliseconds: timeoutMilliseconds
        )
    }

    @Test(
        "the right password gets in, a wrong one and an unknown user don't",
        arguments: ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]
    )
    func passwords(name: String) async throws {
        let mechanism = try #require(KafkaSecurity.SASL.Mechanism(rawValue: name))
        let metrics = MetricsRegistry()
        try await withBroker {
            $0.metrics = metrics
        } _: { broker, _ in
            try await expectServed(isServed(broker, mechanism, password: "right"))
            #expect(metrics.total("meterlog_broker_sasl_failures_total") == 0)
            try await expectRefused(isServed(broker, mechanism, password: "wrong", timeoutMilliseconds: 1_000))
            try await expectRefused(
                isServed(broker, mechanism, user: "bob", password: "right", timeoutMilliseconds: 1_000)
            )
            #expect(metrics.total("meterlog_broker_sasl_failures_total") >= 2)
        }
    }

    @Test("over TLS a client needs both its certificate and its password")
    func bothAtOnce() async throws {
        let directory = try TestBroker.makeDirectory()
        let certificates = try TestCertificates(in: directory)
        try await withBroker {
            var outside = BrokerListener()
            outside.advertisedHost = "localhost"
            outside.mechanisms = [.scramSHA512]
            outside.tls = BrokerListener.TLS(
                certificateFile: certificates.broker,
                keyFile: certificates.brokerKey,
                clientCAFile: certificates.authority
            )
            $0.listeners.append(outside)
        } _: { broker, _ in
            func settings(_ password: String, certificate: String?, key: String?) -> KafkaSettings {
                EncryptedListenerTests.settings(
                    broker,
                    authority: certificates.authority,
                    certificate: certificate,
                    key: key,
                    sasl: KafkaSecurity.SASL(mechanism: .scramSHA512, username: "alice", password: password)
                )
            }
            let client = (certificates.client, certificates.clientKey)
            let right = settings("right", certificate: client.0, key: client.1)
            try await expectServed(EncryptedListenerTests.isServed(right))
            let wrong = settings("wrong", certificate: client.0, key: client.1)
            try await expectRefused(EncryptedListenerTests.isServed(wrong, timeoutMilliseconds: 1_000))
            let uncertified = settings("right", certificate: nil, key: nil)
            try await expectRefused(EncryptedListenerTests.isServed(uncertified, timeoutMilliseconds: 1_000))
        }
        try TestBroker.removeDirectory(directory)
    }

    private static func handshake(_ mechanism: String) -> SaslHandshakeRequest {
        var request = SaslHandshakeRequest()
        request.mechanism = mechanism
        return request
    }

    private static func token(_ text: String) -> SaslAuthenticateRequest {
        var request = SaslAuthenticateRequest()
        request.authBytes = Array(text.utf8)
        return request
    }

    @Test("error codes are Kafka's: 33 for the mechanism, 58 for the password, 34 for the wrong moment")
    func codes() async throws {
        try await withBroker([.plain]) { broker, _ in
            let mechanism = try broker.connect()
            let refused = try mechanism.call(Self.handshake("GSSAPI"), version: 1)
            #expect(refused.errorCode == ErrorCode.unsupportedSaslMechanism.rawValue)
            #expect(refused.mechanisms == ["PLAIN"])
            #expect(mechanism.isClosedByBroker())

            let password = try broker.connect()
            #expect(try password.call(Self.handshake("PLAIN"), version: 1).errorCode == 0)
            let wrong = try password.call(Self.token("\0alice\0wrong"), version: 2)
            #expect(wrong.errorCode == ErrorCode.saslAuthenticationFailed.rawValue)
            #expect(password.isClosedByBroker())

            let early = try broker.connect()
            let before = try early.call(Self.token("\0alice\0right"), version: 2)
            #expect(before.errorCode == ErrorCode.illegalSaslState.rawValue)
            #expect(early.isClosedByBroker())

            let known = try broker.connect()
            #expect(try known.call(ApiVersionsRequest(), version: 3).errorCode == 0)
            #expect(try known.call(Self.handshake("PLAIN"), version: 1).errorCode == 0)
            let done = try known.call(Self.token("\0alice\0right"), version: 2)
            #expect(done.errorCode == 0 && done.sessionLifetimeMs == 0)
            #expect(try known.call(MetadataRequest(), version: 1).brokers.count == 1)
            let again = try known.call(Self.handshake("PLAIN"), version: 1)
            #expect(again.errorCode == ErrorCode.illegalSaslState.rawValue)
            let late = try known.call(Self.token("\0alice\0right"), version: 2)
            #expect(late.errorCode == ErrorCode.illegalSaslState.rawValue)
            #expect(try known.call(MetadataRequest(), version: 1).brokers.count == 1)
        }
    }

    @Test("where no login is asked for, both requests answer 34")
    func withoutLogin() async throws {
        try await TestBroker.with { broker in
            let client = try broker.connect()
            #expect(
                try client.call(Self.handshake("PLAIN"), version: 1).errorCode == ErrorCode.illegalSaslState.rawValue
            )
            #expect(try client.call(Self.token(""), version: 2).errorCode == ErrorCode.illegalSaslState.rawValue)
            #expect(try client.call(MetadataRequest(), version: 1).brokers.count == 1)
        }
    }

    @Test("before the login every other request closes the connection, and none may be large")
    func beforeLogin() async throws {
        try await withBroker { broker, _ in
            let asking = try broker.connect()
            try asking.send(MetadataRequest(), version: 1)
            #expect(asking.isClosedByBroker())
            let writing = try broker.connect()
            try writing.send(writing.produceRequest("t", TestClient.batch(["v"])), version: 9)
            #expect(writing.isClosedByBroker())
            let large = try broker.connect()
            // The length of a Produce request of one megabyte.
            try large.send([0, 0x10, 0, 0, 0, 0, 0, 9])
            #expect(large.isClosedByBroker())
            let half = try broker.connect()
            #expect(try half.call(Self.handshake("SCRAM-SHA-256"), version: 1).errorCode == 0)
            try half.send(MetadataRequest(), version: 1)
            #expect(half.isClosedByBroker())
        }
    }

    @Test("after SaslHandshake version 0 tokens come without requests around them")
    func rawTokens() async throws {
        try await withBroker([.plain]) { broker, _ in
            let client = try broker.connect()
            #expect(try client.call(Self.handshake("PLAIN"), version: 0).errorCode == 0)
            let token = Array("\0alice\0right".utf8)
            try client.send([0, 0, 0, UInt8(token.count)] + token)
            #expect(try client.receiveFrame() == [])
            #expect(try client.call(MetadataRequest(), version: 1).brokers.count == 1)

            let wrong = try broker.connect()
            #expect(try wrong.call(Self.handshake("PLAIN"), version: 0).errorCode == 0)
            try wrong.send([0, 0, 0, 3, 0, 0, 0])
            #expect(wrong.isClosedByBroker())
        }
    }

    @Test("who does not log in in time is cut off")
    func timeout() async throws {
        try await withBroker {
            $0.limits.authenticationTimeoutMilliseconds = 100
        } _: { broker, _ in
            let silent = try broker.connect()
            #expect(try silent.call(ApiVersionsRequest(), version: 0).errorCode == 0)
            #expect(silent.isClosedByBroker())
        }
    }

    @Test("a changed file of credentials counts from the reload on")
    func reload() async throws {
        try await withBroker { broker, path in
            var file = CredentialFile()
            try file.set(user: "carol", password: "new", iterations: SCRAMCredential.minimumIterations)
            try Self.write(file, path)
            try await expectRefused(
                isServed(broker, .scramSHA256, user: "carol", password: "new", timeoutMilliseconds: 1_000)
            )
            try broker.server.reload()
            try await expectServed(isServed(broker, .scramSHA256, user: "carol", password: "new"))
            try await expectRefused(isServed(broker, .scramSHA256, password: "right", timeoutMilliseconds: 1_000))
        }
    }

    @Test("a credential that others may read, and a login without credentials, are refused at the start")
    func refusedAtStart() async throws {
        let directory = try TestBroker.makeDirectory()
        let path = directory + "/credentials"
        var configuration = EmbeddedLogConfiguration(dataDirectory: directory + "/data")
        configuration.silenceLogger()
        configuration.listeners[0].mechanisms = [.scramSHA256]
        #expect(throws: EmbeddedLogError.self) { try EmbeddedLogServer(configuration: configuration) }
        try Data(CredentialFile().text.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        configuration.credentialsFile = path
        await #expect(throws: EmbeddedLogError.exposed(path: path, mode: "0644", wanted: "0600")) {
            try await EmbeddedLogServer(configuration: configuration).start()
        }
        try TestBroker.removeDirectory(directory)
    }
}
