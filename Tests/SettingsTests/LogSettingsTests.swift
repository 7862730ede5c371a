import Foundation
import Settings
import Testing

@Suite struct LogSettingsTests {
    @Test func securityOfClients() throws {
        let yaml = """
            kafka:
              brokers: [a:1]
              security_protocol: sasl_ssl
              tls: {ca_file: ca.pem, certificate_file: c.pem, key_file: c.key, verify_host: false}
              sasl: {mechanism: SCRAM-SHA-256, username: u, password: p}
            """
        let settings = try SettingsLoader(environment: [:]).parse(yaml: yaml, path: "f.yaml")
        let security = settings.kafka.security
        #expect(security.securityProtocol == .saslSSL)
        #expect(security.securityProtocol.usesTLS && security.securityProtocol.usesSASL)
        #expect([security.caFile, security.certificateFile, security.keyFile] == ["ca.pem", "c.pem", "c.key"])
        #expect(!security.verifiesHost)
        #expect([security.mechanism, security.username, security.password] == ["SCRAM-SHA-256", "u", "p"])
        #expect(settings.holdsSecrets)
    }

    @Test func theEnvironmentSaysTheSame() throws {
        let environment = [
            "METERLOG_KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT", "METERLOG_KAFKA_SASL_USERNAME": "u",
            "METERLOG_KAFKA_SASL_PASSWORD_FILE": "p", "METERLOG_BROKER_TLS_HOST": "0.0.0.0",
            "METERLOG_BROKER_TLS_PORT": "1", "METERLOG_BROKER_TLS_ADVERTISED_HOST": "h",
            "METERLOG_BROKER_TLS_SASL_MECHANISMS": "PLAIN, SCRAM-SHA-512",
        ]
        let settings = try SettingsLoader(environment: environment).load(path: nil)
        #expect(settings.kafka.security.securityProtocol == .saslPlaintext)
        #expect(!settings.kafka.security.securityProtocol.usesTLS)
        #expect(settings.kafka.security.passwordFile == "p")
        #expect(settings.broker.tls.host == "0.0.0.0" && settings.broker.tls.port == 1)
        #expect(settings.broker.tls.advertisedHost == "h")
        #expect(settings.broker.tls.saslMechanisms == ["PLAIN", "SCRAM-SHA-512"])
        #expect(settings.broker.saslMechanisms.isEmpty && !settings.holdsSecrets)
    }

    @Test func theBrokerAsClientsMeetIt() throws {
        let yaml = """
            broker:
              auto_create_topics: true
              default_partitions: 4
              group_initial_rebalance_delay_ms: 3000
              group_min_session_timeout_ms: 1000
              maintenance_interval_seconds: 3
            """
        let broker = try SettingsLoader(environment: [:]).parse(yaml: yaml, path: "f.yaml").broker
        #expect(broker.autoCreatesTopics && broker.defaultPartitions == 4)
        #expect(broker.groupInitialRebalanceDelayMilliseconds == 3_000)
        #expect(broker.groupMinSessionTimeoutMilliseconds == 1_000 && broker.maintenanceIntervalSeconds == 3)
        #expect(!Settings().broker.autoCreatesTopics)
    }

    @Test(arguments: [
        "kafka: {security_protocol: tls}", "kafka: {sasl: {mechanism: GSSAPI}}", "broker: {sasl_mechanisms: [MD5]}",
        "broker: {limits: {max_connections: 0}}", "broker: {tls: {port: 70000}}",
        "broker: {producer_id_expiration_hours: soon}",
    ])
    func whatCannotBeIsRefused(_ yaml: String) {
        #expect(throws: SettingsError.self) { try SettingsLoader(environment: [:]).parse(yaml: yaml, path: "f.yaml") }
    }

    @Test func aSecretFileIsForItsOwnerAlone() throws {
        let path = FileManager.default.temporaryDirectory.path + "/secret-" + UUID().uuidString
        try Data("word\nsecond line\n".utf8).write(to: URL(fileURLWithPath: path))
        defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) } }
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(try SecretFile.read(path) == "word")
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: path)
        #expect(throws: SettingsError.exposed(path: path, mode: "0640")) { try SecretFile.read(path) }
        try Data("\n".utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
        #expect(throws: SettingsError.self) { try SecretFile.read(path) }
    }
}
