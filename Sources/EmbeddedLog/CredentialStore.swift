import FoundationEssentials
import Glibc
import Synchronization

/// The credentials that logins are checked against: read from the file at the start and at a reload.
final class CredentialStore: Sendable {
    private let path: String?
    private let file: Mutex<CredentialFile>
    /// Makes up the salts of users that don't exist, the same at each try.
    private let secret = RandomBytes.make(count: 32)

    /// - Parameter path: nil: nobody may log in.
    /// - Throws: `EmbeddedLogError` when the file can't be read, or others may read it.
    init(path: String?) throws(EmbeddedLogError) {
        self.path = path
        file = Mutex(try Self.read(path))
    }

    /// Reads the file again, for logins to come. On an error the old users stay.
    func reload() throws(EmbeddedLogError) {
        let fresh = try Self.read(path)
        file.withLock { $0 = fresh }
    }

    private static func read(_ path: String?) throws(EmbeddedLogError) -> CredentialFile {
        guard let path else { return CredentialFile() }
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .credentials(path: path, line: 0, reason: String(cString: strerror(errno)))
        }
        guard status.st_mode & 0o077 == 0 else {
            throw .exposed(path: path, mode: "0" + String(status.st_mode & 0o777, radix: 8), wanted: "0600")
        }
        let bytes: Data
        do {
            bytes = try Data(contentsOf: URL(filePath: path))
        } catch {
            throw .credentials(path: path, line: 0, reason: "\(error)")
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .credentials(path: path, line: 0, reason: "not UTF-8")
        }
        return try CredentialFile(text: text, path: path)
    }

    /// The user's credential; for a user who doesn't exist one that nothing matches.
    func credential(of user: String, _ mechanism: SASLMechanism, _ hash: SCRAMHash) -> SCRAMCredential {
        if let found = file.withLock({ $0.credential(of: user, mechanism) }) { return found }
        return SCRAMCredential(
            salt: Array(hash.hmac(secret, Array(user.utf8)).prefix(24)),
            iterations: SCRAMCredential.defaultIterations,
            storedKey: RandomBytes.make(count: hash.byteCount),
            serverKey: RandomBytes.make(count: hash.byteCount)
        )
    }

    /// Checks a password as it was sent. Takes as long as the credential has iterations.
    func accepts(user: String, password: [UInt8]) -> Bool {
        credential(of: user, .scramSHA256, .sha256).matches(password: password, hash: .sha256)
    }
}
