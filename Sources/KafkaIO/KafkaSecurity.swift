/// How connections to the cluster are encrypted, and how this client proves who it is.
public struct KafkaSecurity: Sendable, Equatable {
    /// TLS. Without a certificate of its own the client checks the broker only.
    public struct TLS: Sendable, Equatable {
        /// PEM file of the authorities of the brokers' certificates; nil: those of the system.
        public var caFile: String?
        /// PEM file of this client's certificate, and those between it and its root.
        public var certificateFile: String?
        /// PEM file of the certificate's private key.
        public var keyFile: String?
        /// What the key is encrypted with, if it is.
        public var keyPassword: String?
        /// Whether the broker's certificate must be for the host connected to.
        public var verifiesHost = true

        public init() {}
    }

    /// SASL.
    public struct SASL: Sendable, Equatable {
        public enum Mechanism: String, Sendable, CaseIterable {
            case plain = "PLAIN"
            case scramSHA256 = "SCRAM-SHA-256"
            case scramSHA512 = "SCRAM-SHA-512"

            /// What librdkafka calls it in `builtin.features`.
            var feature: String { self == .plain ? "sasl_plain" : "sasl_scram" }
        }

        public var mechanism: Mechanism
        public var username: String
        public var password: String

        public init(mechanism: Mechanism, username: String, password: String) {
            self.mechanism = mechanism
            self.username = username
            self.password = password
        }
    }

    /// Nil: plain text.
    public var tls: TLS?
    /// Nil: no login.
    public var sasl: SASL?

    public init(tls: TLS? = nil, sasl: SASL? = nil) {
        self.tls = tls
        self.sasl = sasl
    }

    /// The value of `security.protocol`.
    public var protocolName: String {
        switch (tls, sasl) {
        case (nil, nil): "plaintext"
        case (_, nil): "ssl"
        case (nil, _): "sasl_plaintext"
        default: "sasl_ssl"
        }
    }

    /// The librdkafka properties that say this; none for plain text without login.
    var properties: [(name: String, value: String)] {
        guard tls != nil || sasl != nil else { return [] }
        var properties = [("security.protocol", protocolName)]
        if let tls {
            let files = [
                ("ssl.ca.location", tls.caFile), ("ssl.certificate.location", tls.certificateFile),
                ("ssl.key.location", tls.keyFile), ("ssl.key.password", tls.keyPassword),
            ]
            for (name, value) in files {
                if let value { properties.append((name, value)) }
            }
            properties.append(("ssl.endpoint.identification.algorithm", tls.verifiesHost ? "https" : "none"))
        }
        if let sasl {
            properties += [
                ("sasl.mechanisms", sasl.mechanism.rawValue), ("sasl.username", sasl.username),
                ("sasl.password", sasl.password),
            ]
        }
        return properties
    }

    /// Features of librdkafka that this needs, as in `builtin.features`.
    var features: [String] {
        (tls == nil ? [] : ["ssl"]) + (sasl.map { ["sasl", $0.mechanism.feature] } ?? [])
    }
}

extension KafkaSecurity: CustomStringConvertible {
    /// For people; without secrets.
    public var description: String {
        var parts = [protocolName]
        if let tls {
            parts.append("authorities \(tls.caFile ?? "of the system")")
            parts.append(tls.certificateFile.map { "certificate \($0)" } ?? "no client certificate")
            if !tls.verifiesHost { parts.append("host names not compared") }
        }
        if let sasl { parts.append("\(sasl.mechanism.rawValue) as \(sasl.username)") }
        return parts.joined(separator: ", ")
    }
}
