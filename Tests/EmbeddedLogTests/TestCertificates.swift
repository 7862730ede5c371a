import Crypto
import Foundation
import SwiftASN1
import X509

/// Certificates made for one test: an authority, the broker's, a client's, and one of an authority that nobody knows.
struct TestCertificates {
    let directory: String

    var authority: String { directory + "/authority.pem" }
    var broker: String { directory + "/broker.pem" }
    var brokerKey: String { directory + "/broker.key" }
    var client: String { directory + "/client.pem" }
    var clientKey: String { directory + "/client.key" }
    var stranger: String { directory + "/stranger.pem" }
    var strangerKey: String { directory + "/stranger.key" }

    /// Writes the files, keys with mode 0600.
    init(in directory: String) throws {
        self.directory = directory
        let authorityKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let authority = try Self.authority("Meterlog test authority", authorityKey)
        try write(authority, "authority.pem")
        try issue("broker", "localhost", by: authority, authorityKey)
        try issue("client", "meterlog client", by: authority, authorityKey)
        let otherKey = Certificate.PrivateKey(P256.Signing.PrivateKey())
        try issue("stranger", "stranger", by: Self.authority("Another authority", otherKey), otherKey)
    }

    /// Gives the broker another certificate of an authority of its own, in the same files.
    func renewBroker() throws {
        let key = Certificate.PrivateKey(P256.Signing.PrivateKey())
        let authority = try Self.authority("Meterlog test authority, the second", key)
        try write(authority, "authority-2.pem")
        try issue("broker", "localhost", by: authority, key)
    }

    var secondAuthority: String { directory + "/authority-2.pem" }

    private static func authority(_ name: String, _ key: Certificate.PrivateKey) throws -> Certificate {
        let subject = try DistinguishedName { CommonName(name) }
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.isCertificateAuthority(maxPathLength: nil))
            Critical(KeyUsage(keyCertSign: true))
        }
        return try certificate(subject, key.publicKey, subject, key, extensions)
    }

    private func issue(
        _ file: String,
        _ name: String,
        by authority: Certificate,
        _ authorityKey: Certificate.PrivateKey
    ) throws {
        let key = P256.Signing.PrivateKey()
        let extensions = try Certificate.Extensions {
            Critical(BasicConstraints.notCertificateAuthority)
            SubjectAlternativeNames([.dnsName("localhost")])
        }
        let certificate = try Self.certificate(
            try DistinguishedName { CommonName(name) },
            Certificate.PrivateKey(key).publicKey,
            authority.subject,
            authorityKey,
            extensions
        )
        try write(certificate, file + ".pem")
        let path = directory + "/" + file + ".key"
        try Data(key.pemRepresentation.utf8).write(to: URL(fileURLWithPath: path))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: path)
    }

    private static func certificate(
        _ subject: DistinguishedName,
        _ key: Certificate.PublicKey,
        _ issuer: DistinguishedName,
        _ issuerKey: Certificate.PrivateKey,
        _ extensions: Certificate.Extensions
    ) throws -> Certificate {
        try Certificate(
            version: .v3,
            serialNumber: Certificate.SerialNumber(),
            publicKey: key,
            notValidBefore: Date().addingTimeInterval(-3_600),
            notValidAfter: Date().addingTimeInterval(24 * 3_600),
            issuer: issuer,
            subject: subject,
            signatureAlgorithm: .ecdsaWithSHA256,
            extensions: extensions,
            issuerPrivateKey: issuerKey
        )
    }

    private func write(_ certificate: Certificate, _ file: String) throws {
        let text = try certificate.serializeAsPEM().pemString
        try Data(text.utf8).write(to: URL(fileURLWithPath: directory + "/" + file))
    }
}
