import Glibc
import NIOSSL

extension BrokerListener.TLS {
    /// What connections are encrypted with: TLS 1.2 or newer; a client must show a certificate of one of the authorities.
    func makeContext() throws(EmbeddedLogError) -> NIOSSLContext {
        try checkKeyMode()
        let chain = try read(certificateFile) { try NIOSSLCertificate.fromPEMFile($0) }
        let key = try read(keyFile) { try NIOSSLPrivateKey(file: $0, format: .pem) }
        let authorities = try read(clientCAFile) { try NIOSSLCertificate.fromPEMFile($0) }
        guard !chain.isEmpty else { throw .certificate(path: certificateFile, reason: "holds no certificate") }
        guard !authorities.isEmpty else { throw .certificate(path: clientCAFile, reason: "holds no certificate") }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(key)
        )
        configuration.minimumTLSVersion = .tlsv12
        configuration.trustRoots = .certificates(authorities)
        // The chain is verified and must be there; a client has no host name to compare.
        configuration.certificateVerification = .noHostnameVerification
        configuration.sendCANameList = false
        return try read(certificateFile) { _ in try NIOSSLContext(configuration: configuration) }
    }

    private func read<Value>(_ path: String, _ body: (String) throws -> Value) throws(EmbeddedLogError) -> Value {
        do {
            return try body(path)
        } catch {
            throw .certificate(path: path, reason: "\(error)")
        }
    }

    private func checkKeyMode() throws(EmbeddedLogError) {
        var status = stat()
        guard stat(keyFile, &status) == 0 else {
            throw .certificate(path: keyFile, reason: String(cString: strerror(errno)))
        }
        guard status.st_mode & 0o027 == 0 else {
            throw .exposed(path: keyFile, mode: "0" + String(status.st_mode & 0o777, radix: 8), wanted: "0640 or 0600")
        }
    }
}
