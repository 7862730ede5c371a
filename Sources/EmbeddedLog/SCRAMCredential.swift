/// What the broker keeps of a password (RFC 5802, section 3): enough to check a login, not enough to log in.
public struct SCRAMCredential: Sendable, Equatable {
    /// Fewest iterations; Kafka's minimum and that of RFC 7677.
    public static let minimumIterations = 4_096
    /// Iterations of a new credential unless told otherwise.
    public static let defaultIterations = 8_192
    /// Most iterations: a login by PLAIN costs the broker as many hashes.
    public static let maximumIterations = 1_000_000

    public let salt: [UInt8]
    public let iterations: Int
    let storedKey: [UInt8]
    let serverKey: [UInt8]

    init(salt: [UInt8], iterations: Int, storedKey: [UInt8], serverKey: [UInt8]) {
        self.salt = salt
        self.iterations = iterations
        self.storedKey = storedKey
        self.serverKey = serverKey
    }

    package init(password: [UInt8], salt: [UInt8], iterations: Int, hash: SCRAMHash) {
        let salted = hash.saltedPassword(password, salt: salt, iterations: iterations)
        self.salt = salt
        self.iterations = iterations
        storedKey = hash.hash(hash.hmac(salted, Array("Client Key".utf8)))
        serverKey = hash.hmac(salted, Array("Server Key".utf8))
    }

    /// Whether the password is the one this was made of. Takes `iterations` hashes.
    func matches(password: [UInt8], hash: SCRAMHash) -> Bool {
        let other = SCRAMCredential(password: password, salt: salt, iterations: iterations, hash: hash)
        return isEqualInConstantTime(other.storedKey, storedKey)
    }
}
