import KafkaProtocol
import Synchronization

/// The login of one connection: SaslHandshake chooses a mechanism, then tokens go back and forth.
///
/// As in Apache Kafka: after SaslHandshake version 1 the tokens come in SaslAuthenticate requests, after version 0 they are
/// frames of their own. What fails can't be tried again on the same connection.
final class Authentication: Sendable {
    /// What the broker does with a token.
    enum Step: Sendable {
        /// Send this; more is to come.
        case goOn([UInt8])
        /// Send this; the user has logged in.
        case done([UInt8])
        /// Check this password, which takes a while, and call `finishPlain`.
        case check(user: String, password: [UInt8])
        case failed(reason: String)
        /// No token was due.
        case notExpected
    }

    private enum State: Sendable {
        case start
        case chosen(SASLMechanism, SCRAMExchange?, isRaw: Bool)
        case done(user: String)
        case failed
    }

    let mechanisms: [SASLMechanism]
    private let credentials: CredentialStore
    private let state = Mutex(State.start)

    init(mechanisms: [SASLMechanism], credentials: CredentialStore) {
        self.mechanisms = mechanisms
        self.credentials = credentials
    }

    var isDone: Bool {
        state.withLock { state in
            if case .done = state { true } else { false }
        }
    }

    /// Whether the next frame is a token without a request around it.
    var expectsRawToken: Bool {
        state.withLock { state in
            if case .chosen(_, _, isRaw: true) = state { true } else { false }
        }
    }

    /// The mechanism of the login under way, for the count of failures.
    var mechanismName: String {
        state.withLock { state in
            if case .chosen(let mechanism, _, _) = state { mechanism.rawValue } else { "none" }
        }
    }

    func choose(_ name: String, isRaw: Bool) -> ErrorCode {
        state.withLock { state in
            guard case .start = state else { return .illegalSaslState }
            guard let mechanism = SASLMechanism(rawValue: name), mechanisms.contains(mechanism) else {
                state = .failed
                return .unsupportedSaslMechanism
            }
            let exchange = mechanism.hash.map { hash in
                SCRAMExchange(hash: hash, serverNonce: Base64.encode(RandomBytes.make(count: 24)))
            }
            state = .chosen(mechanism, exchange, isRaw: isRaw)
            return .none
        }
    }

    func take(_ token: [UInt8]) -> Step {
        state.withLock { state in
            guard case .chosen(let mechanism, let exchange, let isRaw) = state else { return .notExpected }
            guard var exchange, let hash = mechanism.hash else { return Self.plain(token, &state) }
            do throws(SCRAMExchange.Failure) {
                guard exchange.expectsFirstMessage else {
                    let (reply, user) = try exchange.final(token)
                    state = .done(user: user)
                    return .done(reply)
                }
                let reply = try exchange.first(token) { credentials.credential(of: $0, mechanism, hash) }
                state = .chosen(mechanism, exchange, isRaw: isRaw)
                return .goOn(reply)
            } catch {
                state = .failed
                return .failed(reason: error.reason)
            }
        }
    }

    /// `[authzid] NUL authcid NUL passwd` (RFC 4616).
    private static func plain(_ token: [UInt8], _ state: inout State) -> Step {
        let parts = token.split(separator: 0, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[1].isEmpty, !parts[2].isEmpty,
            let user = String(validating: parts[1], as: UTF8.self)
        else {
            state = .failed
            return .failed(reason: "not [authzid] NUL user NUL password")
        }
        guard parts[0].isEmpty || parts[0] == parts[1] else {
            state = .failed
            return .failed(reason: "acting for another user is not supported")
        }
        return .check(user: user, password: Array(parts[2]))
    }

    /// Checks a password of `Step.check` and settles the login. Takes some milliseconds.
    func finishPlain(user: String, password: [UInt8]) -> Step {
        let isRight = credentials.accepts(user: user, password: password)
        state.withLock { $0 = isRight ? .done(user: user) : .failed }
        return isRight ? .done([]) : .failed(reason: "unknown user or wrong password: \(user)")
    }
}
