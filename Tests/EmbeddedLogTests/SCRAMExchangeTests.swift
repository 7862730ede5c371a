import EmbeddedLog
import Foundation
import Testing

@Suite("SCRAM")
struct SCRAMExchangeTests {
    /// The exchange of RFC 7677, section 3: user `user`, password `pencil`.
    private static let clientFirst = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
    private static let serverNonce = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    private static let salt = "W22ZaJ0SNY7soEsUEjb6gQ=="
    private static let channelAndNonce = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
    private static let proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="

    private static func credential(_ password: String) throws -> SCRAMCredential {
        SCRAMCredential(
            password: Array(password.utf8),
            salt: Array(try #require(Data(base64Encoded: salt))),
            iterations: 4_096,
            hash: .sha256
        )
    }

    /// Begins the exchange and gives what the server answers.
    private static func begin(
        _ message: String = clientFirst,
        password: String = "pencil"
    ) throws -> (SCRAMExchange, String) {
        var exchange = SCRAMExchange(hash: .sha256, serverNonce: serverNonce)
        let known = try credential(password)
        let answer = try exchange.first(Array(message.utf8)) { _ in known }
        return (exchange, String(decoding: answer, as: UTF8.self))
    }

    @Test("the example of RFC 7677")
    func example() throws {
        let (exchange, first) = try Self.begin()
        #expect(first == "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=\(Self.salt),i=4096")
        let message = "\(Self.channelAndNonce),p=\(Self.proof)"
        let (reply, user) = try exchange.final(Array(message.utf8))
        #expect(String(decoding: reply, as: UTF8.self) == "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=")
        #expect(user == "user")
    }

    @Test("a proof of another password, nonce or channel is refused")
    func refused() throws {
        let right = "\(Self.channelAndNonce),p=\(Self.proof)"
        let (other, _) = try Self.begin(password: "pen")
        #expect(throws: SCRAMExchange.Failure.self) { try other.final(Array(right.utf8)) }
        let (exchange, _) = try Self.begin()
        let wrong = [
            right.replacingOccurrences(of: "k0,p", with: "k1,p"), right.replacingOccurrences(of: "biws", with: "eSws"),
            // Accepted as a nonce, but not what the proof is over.
            right.replacingOccurrences(of: "r=rOp", with: "r=xrOp"),
            Self.channelAndNonce, right.replacingOccurrences(of: "dHzb", with: "dHzc"), right + ",x=1", "", ",p=",
        ]
        for message in wrong {
            #expect(throws: SCRAMExchange.Failure.self, "\(message)") { try exchange.final(Array(message.utf8)) }
        }
    }

    @Test(
        "a first message that can't be",
        arguments: [
            "", "n,,", "n,,n=user", "n,,r=abc,n=user", "p=tls-unique,,n=user,r=abc", "n,a=other,n=user,r=abc",
            "n,,n=,r=abc", "n,,n=user,r=", "n,,n=us=er,r=abc", "n,,m=ext,n=user,r=abc",
        ]
    )
    func first(message: String) {
        #expect(throws: SCRAMExchange.Failure.self) { try Self.begin(message) }
    }

    @Test("commas and equals signs in names come escaped")
    func escaped() throws {
        var exchange = SCRAMExchange(hash: .sha512, serverNonce: "s")
        var asked = ""
        let known = try Self.credential("p")
        _ = try exchange.first(Array("y,,n=a=2Cb=3Dc,r=n".utf8)) { name in
            asked = name
            return known
        }
        #expect(asked == "a,b=c")
    }
}
