import EmbeddedLog
import KafkaIO
import LogStorage
import Logging
import Settings
import Telemetry

extension Settings {
    /// How clients of the log encrypt and log in.
    /// - Throws: `AppError` for settings that don't go together, `SettingsError` for a password file that can't be used.
    func kafkaSecurity() throws -> KafkaIO.KafkaSecurity {
        let security = kafka.security
        var result = KafkaIO.KafkaSecurity()
        if security.securityProtocol.usesTLS {
            guard security.certificateFile.isEmpty == security.keyFile.isEmpty else {
                throw AppError.unusable("kafka.tls: certificate_file and key_file go together")
            }
            var tls = KafkaIO.KafkaSecurity.TLS()
            tls.caFile = Self.named(security.caFile)
            tls.certificateFile = Self.named(security.certificateFile)
            tls.keyFile = Self.named(security.keyFile)
            tls.keyPassword = Self.named(security.keyPassword)
            tls.verifiesHost = security.verifiesHost
            result.tls = tls
        }
        if security.securityProtocol.usesSASL { result.sasl = try login(security) }
        return result
    }

    private func login(_ security: KafkaSecurity) throws -> KafkaIO.KafkaSecurity.SASL {
        guard let mechanism = KafkaIO.KafkaSecurity.SASL.Mechanism(rawValue: security.mechanism) else {
            throw AppError.unusable("kafka.sasl.mechanism \(security.mechanism) is not known")
        }
        guard !security.username.isEmpty else {
            throw AppError.unusable("kafka.sasl.username (METERLOG_KAFKA_SASL_USERNAME) is missing")
        }
        guard security.password.isEmpty != security.passwordFile.isEmpty else {
            throw AppError.unusable("kafka.sasl needs either password or password_file")
        }
        let password = try security.passwordFile.isEmpty ? security.password : SecretFile.read(security.passwordFile)
        return KafkaIO.KafkaSecurity.SASL(mechanism: mechanism, username: security.username, password: password)
    }

    fileprivate static func named(_ text: String) -> String? { text.isEmpty ? nil : text }
}

extension EmbeddedLogConfiguration {
    /// The embedded log as these settings want it.
    /// - Throws: `AppError` for TLS settings that are only half there.
    init(_ settings: Settings, dataDirectory: String, metrics: MetricsRegistry, logger: Logger) throws {
        self.init(dataDirectory: dataDirectory)
        let broker = settings.broker
        var inside = BrokerListener(host: broker.host, port: broker.port)
        inside.mechanisms = broker.saslMechanisms.compactMap(SASLMechanism.init)
        listeners = [inside]
        if !broker.tls.host.isEmpty { listeners.append(try Self.outside(broker.tls)) }
        credentialsFile = Settings.named(broker.credentialsFile)
        fsync =
            broker.fsyncIntervalMilliseconds == 0 ? .always : .interval(milliseconds: broker.fsyncIntervalMilliseconds)
        transactionalIdExpirationMilliseconds = Int64(broker.transactionalIdExpirationHours) * 3_600_000
        producerIdExpirationMilliseconds = Int64(broker.producerIdExpirationHours) * 3_600_000
        autoCreateTopics = broker.autoCreatesTopics
        defaultPartitions = Int32(broker.defaultPartitions)
        initialRebalanceDelayMilliseconds = Int64(broker.groupInitialRebalanceDelayMilliseconds)
        minSessionTimeoutMilliseconds = Int32(broker.groupMinSessionTimeoutMilliseconds)
        maintenanceIntervalMilliseconds = Int64(broker.maintenanceIntervalSeconds) * 1_000
        limits.maxRequestBytes = broker.limits.maxRequestMegabytes << 20
        limits.maxConnections = broker.limits.maxConnections
        limits.maxInFlightBytes = broker.limits.maxInFlightMegabytes << 20
        limits.maxUnsentResponseBytes = broker.limits.maxUnsentMegabytes << 20
        limits.maxFetchBytes = broker.limits.maxFetchMegabytes << 20
        limits.maxPartitions = broker.limits.maxPartitions
        limits.openFileLimit = broker.limits.openFiles
        limits.maxIdleMilliseconds = Int64(broker.limits.maxIdleSeconds) * 1_000
        limits.authenticationTimeoutMilliseconds = Int64(broker.limits.authenticationTimeoutSeconds) * 1_000
        self.metrics = metrics
        self.logger = logger
    }

    private static func outside(_ tls: Settings.BrokerTLS) throws -> BrokerListener {
        let files = [
            ("certificate_file", tls.certificateFile), ("key_file", tls.keyFile), ("client_ca_file", tls.clientCAFile),
        ]
        let missing = files.filter { $0.1.isEmpty }.map(\.0)
        guard missing.isEmpty else {
            throw AppError.unusable("broker.tls listens on \(tls.host), but lacks \(missing.joined(separator: ", "))")
        }
        var listener = BrokerListener(host: tls.host, port: tls.port)
        listener.advertisedHost = Settings.named(tls.advertisedHost)
        listener.advertisedPort = tls.advertisedPort == 0 ? nil : tls.advertisedPort
        listener.mechanisms = tls.saslMechanisms.compactMap(SASLMechanism.init)
        listener.tls = BrokerListener.TLS(
            certificateFile: tls.certificateFile,
            keyFile: tls.keyFile,
            clientCAFile: tls.clientCAFile
        )
        return listener
    }
}
