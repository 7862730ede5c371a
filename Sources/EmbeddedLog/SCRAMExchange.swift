/// The server's side of a SCRAM login (RFC 5802), without channel binding: two messages come, two go.
package struct SCRAMExchange: Sendable {
    /// Why a login fails. The reason is for the broker's log; the client hears only that it failed.
    package struct Failure: Error, Equatable {
        package let reason: String
    }

    private struct Pending {
        var user: String
        var credential: SCRAMCredential
        var gs2Header: [UInt8]
        var nonce: String
        var firstBare: String
        var serverFirst: String
    }

    private let hash: SCRAMHash
    private let serverNonce: String
    private var pending: Pending?

    /// - Parameter serverNonce: printable, without commas, never used before.
    package init(hash: SCRAMHash, serverNonce: String) {
        self.hash = hash
        self.serverNonce = serverNonce
    }

    var expectsFirstMessage: Bool { pending == nil }

    /// Takes the client-first-message.
    ///
    /// - Parameter credential: what is known of a user; something for every name, so that answers don't tell names.
    /// - Returns: the server-first-message.
    package mutating func first(
        _ message: [UInt8],
        credential: (String) -> SCRAMCredential
    ) throws(Failure) -> [UInt8] {
        let text = try Self.text(message)
        let parts = text.split(separator: ",", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw Failure(reason: "the first message has no header") }
        guard parts[0] == "n" || parts[0] == "y" else { throw Failure(reason: "channel binding is not supported") }
        let bare = parts[2]
        let fields = bare.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count >= 2, fields[0].hasPrefix("n="), fields[1].hasPrefix("r=") else {
            throw Failure(reason: "the first message has no name and nonce")
        }
        let user = try Self.name(fields[0].dropFirst(2))
        let clientNonce = fields[1].dropFirst(2)
        guard !clientNonce.isEmpty else { throw Failure(reason: "the nonce is empty") }
        if !parts[1].isEmpty {
            guard parts[1].hasPrefix("a="), try Self.name(parts[1].dropFirst(2)) == user else {
                throw Failure(reason: "acting for another user is not supported")
            }
        }
        let found = credential(user)
        let nonce = clientNonce + serverNonce
        let answer = "r=\(nonce),s=\(Base64.encode(found.salt)),i=\(found.iterations)"
        pending = Pending(
            user: user,
            credential: found,
            gs2Header: Array("\(parts[0]),\(parts[1]),".utf8),
            nonce: String(nonce),
            firstBare: String(bare),
            serverFirst: answer
        )
        return Array(answer.utf8)
    }

    /// Takes the client-final-message.
    ///
    /// - Returns: the server-final-message and who has logged in.
    package func final(_ message: [UInt8]) throws(Failure) -> (reply: [UInt8], user: String) {
        guard let pending else { throw Failure(reason: "the final message came first") }
        let text = try Self.text(message)
        guard let proofStart = Self.lastProof(text) else { throw Failure(reason: "the final message has no proof") }
        let withoutProof = text[..<proofStart]
        let fields = withoutProof.split(separator: ",", omittingEmptySubsequences: false)
        guard fields.count >= 2, fields[0].hasPrefix("c="), fields[1].hasPrefix("r=") else {
            throw Failure(reason: "the final message has no channel and nonce")
        }
        guard Base64.decode(fields[0].dropFirst(2)) == pending.gs2Header else {
            throw Failure(reason: "the final message is of another channel")
        }
        // librdkafka before 2.6 puts its own nonce before it once more. The proof is over what was sent, so that is safe.
        guard fields[1].dropFirst(2).hasSuffix(pending.nonce) else { throw Failure(reason: "the nonce is another") }
        guard let proof = Base64.decode(text[proofStart...].dropFirst(3)) else {
            throw Failure(reason: "the proof is not base64")
        }
        let message = Array("\(pending.firstBare),\(pending.serverFirst),\(withoutProof)".utf8)
        let signature = hash.hmac(pending.credential.storedKey, message)
        guard proof.count == signature.count else { throw Failure(reason: "the proof has a wrong length") }
        let clientKey = zip(proof, signature).map { $0 ^ $1 }
        guard isEqualInConstantTime(hash.hash(clientKey), pending.credential.storedKey) else {
            throw Failure(reason: "unknown user or wrong password: \(pending.user)")
        }
        let verifier = Base64.encode(hash.hmac(pending.credential.serverKey, message))
        return (Array("v=\(verifier)".utf8), pending.user)
    }

    private static func text(_ message: [UInt8]) throws(Failure) -> String {
        guard let text = String(validating: message, as: UTF8.self) else { throw Failure(reason: "not UTF-8") }
        return text
    }

    /// Where `,p=` begins, which is the last field.
    private static func lastProof(_ text: String) -> String.Index? {
        guard let comma = text.lastIndex(of: ","), text[comma...].hasPrefix(",p=") else { return nil }
        return comma
    }

    /// A name with `=2C` for a comma and `=3D` for an equals sign.
    private static func name(_ text: Substring) throws(Failure) -> String {
        var name = ""
        var rest = text
        while let character = rest.first {
            if character != "=" {
                name.append(character)
                rest = rest.dropFirst()
            } else if rest.hasPrefix("=2C") {
                name.append(",")
                rest = rest.dropFirst(3)
            } else if rest.hasPrefix("=3D") {
                name.append("=")
                rest = rest.dropFirst(3)
            } else {
                throw Failure(reason: "the name is not escaped as it should be")
            }
        }
        guard !name.isEmpty else { throw Failure(reason: "the name is empty") }
        return name
    }
}
