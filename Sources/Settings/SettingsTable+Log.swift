/// The settings of the log: how it is reached, and the embedded one.
extension SettingsTable {
    static let kafka: [(String, Entry)] = [
        ("brokers", .list(brokers)),
        ("properties", .table { $0.kafka.properties = $1 }),
        ("security_protocol", .field(securityProtocol)),
        ("tls", .section(kafkaTLS)),
        ("sasl", .section(kafkaSASL)),
    ]

    private static let kafkaTLS: [(String, Entry)] = [
        ("ca_file", .field(text { $0.kafka.security.caFile = $1 })),
        ("certificate_file", .field(text { $0.kafka.security.certificateFile = $1 })),
        ("key_file", .field(text { $0.kafka.security.keyFile = $1 })),
        ("key_password", .field(text { $0.kafka.security.keyPassword = $1 })),
        ("verify_host", .field(flag { $0.kafka.security.verifiesHost = $1 })),
    ]

    private static let kafkaSASL: [(String, Entry)] = [
        ("mechanism", .field(choice(Settings.KafkaSecurity.mechanisms) { $0.kafka.security.mechanism = $1 })),
        ("username", .field(text { $0.kafka.security.username = $1 })),
        ("password", .field(text { $0.kafka.security.password = $1 })),
        ("password_file", .field(text { $0.kafka.security.passwordFile = $1 })),
    ]

    static let broker: [(String, Entry)] = [
        ("host", .field(text { $0.broker.host = $1 })),
        ("port", .field(number(0...65_535) { $0.broker.port = $1 })),
        ("fsync_interval_ms", .field(number(0...60_000) { $0.broker.fsyncIntervalMilliseconds = $1 })),
        ("sasl_mechanisms", .list(mechanisms { $0.broker.saslMechanisms = $1 })),
        ("credentials_file", .field(text { $0.broker.credentialsFile = $1 })),
        (
            "transactional_id_expiration_hours",
            .field(number(1...87_600) { $0.broker.transactionalIdExpirationHours = $1 })
        ),
        ("producer_id_expiration_hours", .field(number(1...87_600) { $0.broker.producerIdExpirationHours = $1 })),
        ("auto_create_topics", .field(flag { $0.broker.autoCreatesTopics = $1 })),
        ("default_partitions", .field(number(1...1_000) { $0.broker.defaultPartitions = $1 })),
        (
            "group_initial_rebalance_delay_ms",
            .field(number(0...600_000) { $0.broker.groupInitialRebalanceDelayMilliseconds = $1 })
        ),
        (
            "group_min_session_timeout_ms",
            .field(number(1...1_800_000) { $0.broker.groupMinSessionTimeoutMilliseconds = $1 })
        ),
        ("maintenance_interval_seconds", .field(number(1...86_400) { $0.broker.maintenanceIntervalSeconds = $1 })),
        ("tls", .section(brokerTLS)),
        ("limits", .section(brokerLimits)),
    ]

    private static let brokerTLS: [(String, Entry)] = [
        ("host", .field(text { $0.broker.tls.host = $1 })),
        ("port", .field(number(0...65_535) { $0.broker.tls.port = $1 })),
        ("advertised_host", .field(text { $0.broker.tls.advertisedHost = $1 })),
        ("advertised_port", .field(number(0...65_535) { $0.broker.tls.advertisedPort = $1 })),
        ("certificate_file", .field(text { $0.broker.tls.certificateFile = $1 })),
        ("key_file", .field(text { $0.broker.tls.keyFile = $1 })),
        ("client_ca_file", .field(text { $0.broker.tls.clientCAFile = $1 })),
        ("sasl_mechanisms", .list(mechanisms { $0.broker.tls.saslMechanisms = $1 })),
    ]

    private static let brokerLimits: [(String, Entry)] = [
        ("max_request_megabytes", .field(number(1...1_024) { $0.broker.limits.maxRequestMegabytes = $1 })),
        ("max_connections", .field(number(1...100_000) { $0.broker.limits.maxConnections = $1 })),
        ("max_in_flight_megabytes", .field(number(1...65_536) { $0.broker.limits.maxInFlightMegabytes = $1 })),
        ("max_unsent_megabytes", .field(number(1...65_536) { $0.broker.limits.maxUnsentMegabytes = $1 })),
        ("max_fetch_megabytes", .field(number(1...1_024) { $0.broker.limits.maxFetchMegabytes = $1 })),
        ("max_partitions", .field(number(1...100_000) { $0.broker.limits.maxPartitions = $1 })),
        ("open_files", .field(number(16...100_000) { $0.broker.limits.openFiles = $1 })),
        ("max_idle_seconds", .field(number(1...86_400) { $0.broker.limits.maxIdleSeconds = $1 })),
        (
            "authentication_timeout_seconds",
            .field(number(1...3_600) { $0.broker.limits.authenticationTimeoutSeconds = $1 })
        ),
    ]

    static let logEnvironment: [(String, Field)] = [
        ("METERLOG_KAFKA_BROKERS", brokers),
        ("METERLOG_KAFKA_SECURITY_PROTOCOL", securityProtocol),
        ("METERLOG_KAFKA_CA_FILE", text { $0.kafka.security.caFile = $1 }),
        ("METERLOG_KAFKA_CERTIFICATE_FILE", text { $0.kafka.security.certificateFile = $1 }),
        ("METERLOG_KAFKA_KEY_FILE", text { $0.kafka.security.keyFile = $1 }),
        ("METERLOG_KAFKA_KEY_PASSWORD", text { $0.kafka.security.keyPassword = $1 }),
        (
            "METERLOG_KAFKA_SASL_MECHANISM",
            choice(Settings.KafkaSecurity.mechanisms) { $0.kafka.security.mechanism = $1 }
        ),
        ("METERLOG_KAFKA_SASL_USERNAME", text { $0.kafka.security.username = $1 }),
        ("METERLOG_KAFKA_SASL_PASSWORD", text { $0.kafka.security.password = $1 }),
        ("METERLOG_KAFKA_SASL_PASSWORD_FILE", text { $0.kafka.security.passwordFile = $1 }),
        ("METERLOG_BROKER_PORT", number(0...65_535) { $0.broker.port = $1 }),
        ("METERLOG_BROKER_SASL_MECHANISMS", mechanisms { $0.broker.saslMechanisms = $1 }),
        ("METERLOG_BROKER_CREDENTIALS_FILE", text { $0.broker.credentialsFile = $1 }),
        ("METERLOG_BROKER_TLS_HOST", text { $0.broker.tls.host = $1 }),
        ("METERLOG_BROKER_TLS_PORT", number(0...65_535) { $0.broker.tls.port = $1 }),
        ("METERLOG_BROKER_TLS_ADVERTISED_HOST", text { $0.broker.tls.advertisedHost = $1 }),
        ("METERLOG_BROKER_TLS_ADVERTISED_PORT", number(0...65_535) { $0.broker.tls.advertisedPort = $1 }),
        ("METERLOG_BROKER_TLS_CERTIFICATE_FILE", text { $0.broker.tls.certificateFile = $1 }),
        ("METERLOG_BROKER_TLS_KEY_FILE", text { $0.broker.tls.keyFile = $1 }),
        ("METERLOG_BROKER_TLS_CLIENT_CA_FILE", text { $0.broker.tls.clientCAFile = $1 }),
        ("METERLOG_BROKER_TLS_SASL_MECHANISMS", mechanisms { $0.broker.tls.saslMechanisms = $1 }),
    ]

    private static let brokers = Field { settings, value, _, _ throws(SettingsError) in
        settings.kafka.brokers = words(value)
    }

    private static let securityProtocol = Field { settings, value, origin, key throws(SettingsError) in
        guard let known = Settings.KafkaSecurity.SecurityProtocol(rawValue: value.lowercased()) else {
            let names = Settings.KafkaSecurity.SecurityProtocol.allCases.map(\.rawValue)
            throw .wrongValue(
                origin: origin,
                key: key,
                value: value,
                expected: "one of " + names.joined(separator: ", ")
            )
        }
        settings.kafka.security.securityProtocol = known
    }

    private static func mechanisms(_ assign: @escaping @Sendable (inout Settings, [String]) -> Void) -> Field {
        Field { settings, value, origin, key throws(SettingsError) in
            let names = words(value)
            guard names.allSatisfy({ Settings.KafkaSecurity.mechanisms.contains($0) }) else {
                throw .wrongValue(
                    origin: origin,
                    key: key,
                    value: value,
                    expected: "some of " + Settings.KafkaSecurity.mechanisms.joined(separator: ", ")
                )
            }
            assign(&settings, names)
        }
    }

    /// The parts between commas, without spaces around them.
    private static func words(_ text: String) -> [String] {
        text.split(separator: ",").map { trim($0) }.filter { !$0.isEmpty }
    }
}
