import KafkaProtocol
import Logging

/// SaslHandshake and SaslAuthenticate (KIP-152), and what may be asked without a login.
extension Broker {
    /// Whether the connection may ask this now.
    func mayAsk(_ api: APIKey, _ connection: ClientConnection) -> Bool {
        guard let authentication = connection.authentication, !authentication.isDone else { return true }
        return api == .apiVersions || api == .saslHandshake || api == .saslAuthenticate
    }

    func saslHandshake(_ incoming: Incoming) throws(WireError) {
        let request = try SaslHandshakeRequest(received: incoming.body, version: incoming.context.version)
        var response = SaslHandshakeResponse()
        guard let authentication = incoming.context.connection.authentication else {
            response.errorCode = ErrorCode.illegalSaslState.rawValue
            incoming.send(response)
            return
        }
        let code = authentication.choose(request.mechanism, isRaw: incoming.context.version == 0)
        response.errorCode = code.rawValue
        response.mechanisms = authentication.mechanisms.map(\.rawValue)
        guard code == .unsupportedSaslMechanism else {
            incoming.send(response)
            return
        }
        noteFailure("mechanism \(request.mechanism) is not offered", incoming.context.connection, "none")
        incoming.sendLast(response, reason: "SASL mechanism not supported")
    }

    func saslAuthenticate(_ incoming: Incoming) throws(WireError) {
        let request = try SaslAuthenticateRequest(received: incoming.body, version: incoming.context.version)
        let connection = incoming.context.connection
        guard let authentication = connection.authentication else {
            incoming.send(Self.refusal(.illegalSaslState, "no login is asked for here, or it is done already"))
            return
        }
        login(authentication, request.authBytes, connection) { [self] step, mechanism in
            switch step {
            case .goOn(let token), .done(let token):
                var response = SaslAuthenticateResponse()
                response.authBytes = token
                incoming.send(response)
            case .check: break
            case .notExpected where authentication.isDone:
                incoming.send(Self.refusal(.illegalSaslState, "no login is asked for here, or it is done already"))
            case .notExpected:
                noteFailure("SaslAuthenticate before SaslHandshake", connection, mechanism)
                incoming.sendLast(
                    Self.refusal(.illegalSaslState, "SaslHandshake comes first"),
                    reason: "SaslAuthenticate before SaslHandshake"
                )
            case .failed(let reason):
                noteFailure(reason, connection, mechanism)
                let message = "Authentication failed: invalid credentials with SASL mechanism \(mechanism)"
                incoming.sendLast(Self.refusal(.saslAuthenticationFailed, message), reason: "authentication failed")
            }
        }
    }

    /// A token without a request around it. Failure has no answer here: the connection ends.
    func takeRawToken(
        _ token: [UInt8],
        _ authentication: Authentication,
        _ connection: ClientConnection,
        _ respond: @escaping @Sendable (Reply) -> Void
    ) {
        login(authentication, token, connection) { [self] step, mechanism in
            switch step {
            case .goOn(let token), .done(let token): respond(.token(token))
            case .check: break
            case .notExpected: respond(.close(reason: "a token was not expected"))
            case .failed(let reason):
                noteFailure(reason, connection, mechanism)
                respond(.close(reason: "authentication failed"))
            }
        }
    }

    /// Takes a token; a password is checked on another thread than the connection's.
    private func login(
        _ authentication: Authentication,
        _ token: [UInt8],
        _ connection: ClientConnection,
        _ finish: @escaping @Sendable (Authentication.Step, _ mechanism: String) -> Void
    ) {
        let mechanism = authentication.mechanismName
        let step = authentication.take(token)
        guard case .check(let user, let password) = step else { return finish(step, mechanism) }
        runBlocking { finish(authentication.finishPlain(user: user, password: password), mechanism) }
    }

    private static func refusal(_ code: ErrorCode, _ message: String) -> SaslAuthenticateResponse {
        var response = SaslAuthenticateResponse()
        response.errorCode = code.rawValue
        response.errorMessage = message
        return response
    }

    private func noteFailure(_ reason: String, _ connection: ClientConnection, _ mechanism: String) {
        metrics.loginFailed(mechanism: mechanism)
        refusals.warn("login refused", client: connection.host, reason: reason)
    }
}
