/// The users who may log in, as text: one line for each user and mechanism,
/// `user:mechanism:iterations:salt:stored key:server key`, the last three in base64. No line holds a password.
public struct CredentialFile: Sendable, Equatable {
    private struct Entry: Sendable, Equatable {
        var user: String
        var mechanism: SASLMechanism
        var credential: SCRAMCredential
    }

    private var entries: [Entry] = []

    /// No users.
    public init() {}

    /// Reads the text of a file. Empty lines and lines that begin with `#` are passed over.
    ///
    /// - Throws: `EmbeddedLogError.credentials` that names the line.
    public init(text: String, path: String) throws(EmbeddedLogError) {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() where !line.isEmpty && !line.hasPrefix("#") {
            guard let entry = Self.entry(line) else {
                throw .credentials(path: path, line: number + 1, reason: "not user:mechanism:iterations:salt:key:key")
            }
            guard credential(of: entry.user, entry.mechanism) == nil else {
                throw .credentials(path: path, line: number + 1, reason: "\(entry.user) stands here twice")
            }
            entries.append(entry)
        }
    }

    private static func entry(_ line: Substring) -> Entry? {
        let fields = line.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 6, isName(fields[0]), let mechanism = SASLMechanism(rawValue: String(fields[1])),
            let hash = mechanism.hash, let iterations = Int(fields[2]),
            (SCRAMCredential.minimumIterations...SCRAMCredential.maximumIterations).contains(iterations),
            let salt = Base64.decode(fields[3]), salt.count >= 8,
            let storedKey = Base64.decode(fields[4]), storedKey.count == hash.byteCount,
            let serverKey = Base64.decode(fields[5]), serverKey.count == hash.byteCount
        else { return nil }
        let credential = SCRAMCredential(
            salt: salt,
            iterations: iterations,
            storedKey: storedKey,
            serverKey: serverKey
        )
        return Entry(user: String(fields[0]), mechanism: mechanism, credential: credential)
    }

    /// 1 to 255 characters of printable ASCII but for colon, comma, equals sign, hash and space.
    private static func isName(_ name: some StringProtocol) -> Bool {
        (1...255).contains(name.utf8.count)
            && name.utf8.allSatisfy { (0x21...0x7e).contains($0) && !":,=#".utf8.contains($0) }
    }

    /// The users, by name.
    public var users: [String] { Set(entries.map(\.user)).sorted() }

    /// Sets the user's password, for every mechanism, with a salt of its own.
    ///
    /// - Throws: `EmbeddedLogError.invalidSetting` for a name, password or number that can't be.
    public mutating func set(
        user: String,
        password: String,
        iterations: Int = SCRAMCredential.defaultIterations
    ) throws(EmbeddedLogError) {
        guard Self.isName(user) else {
            throw .invalidSetting(
                name: "user",
                reason: "1 to 255 printable ASCII characters without colon, comma, equals sign, hash and space"
            )
        }
        guard !password.isEmpty else { throw .invalidSetting(name: "password", reason: "is empty") }
        guard (SCRAMCredential.minimumIterations...SCRAMCredential.maximumIterations).contains(iterations) else {
            throw .invalidSetting(name: "iterations", reason: "must be 4096 to 1000000")
        }
        remove(user: user)
        for mechanism in SASLMechanism.allCases {
            guard let hash = mechanism.hash else { continue }
            let credential = SCRAMCredential(
                password: Array(password.utf8),
                salt: RandomBytes.make(count: 24),
                iterations: iterations,
                hash: hash
            )
            entries.append(Entry(user: user, mechanism: mechanism, credential: credential))
        }
    }

    /// Forgets the user. Returns whether there was one of that name.
    @discardableResult
    public mutating func remove(user: String) -> Bool {
        let before = entries.count
        entries.removeAll { $0.user == user }
        return entries.count < before
    }

    func credential(of user: String, _ mechanism: SASLMechanism) -> SCRAMCredential? {
        entries.first { $0.user == user && $0.mechanism == mechanism }?.credential
    }

    /// The file's text.
    public var text: String {
        var text = "# user:mechanism:iterations:salt:stored key:server key\n"
        for entry in entries {
            let credential = entry.credential
            let keys = [credential.salt, credential.storedKey, credential.serverKey].map(Base64.encode)
            let fields = [entry.user, entry.mechanism.rawValue, String(credential.iterations)] + keys
            text += fields.joined(separator: ":") + "\n"
        }
        return text
    }
}

extension SASLMechanism {
    /// Nil for PLAIN, which has no hash of its own.
    var hash: SCRAMHash? {
        switch self {
        case .plain: nil
        case .scramSHA256: .sha256
        case .scramSHA512: .sha512
        }
    }
}

extension SCRAMHash {
    /// Length of its values.
    var byteCount: Int {
        switch self {
        case .sha256: 32
        case .sha512: 64
        }
    }
}

/// Bytes from the system's random number generator.
enum RandomBytes {
    static func make(count: Int) -> [UInt8] {
        (0..<count).map { _ in UInt8.random(in: .min ... .max) }
    }
}
