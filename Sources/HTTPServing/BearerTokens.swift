import HTTPTypes
public import Hummingbird

/// The bearer tokens (RFC 6750) that open a server, and the name each stands for. None configured: the server is open, which is only
/// allowed on loopback addresses.
public struct BearerTokens: Sendable {
    private let names: [(token: [UInt8], name: String)]

    /// - Parameter tokens: token to the name of its holder.
    public init(_ tokens: [String: String] = [:]) {
        names = tokens.sorted { $0.key < $1.key }.map { (Array($0.key.utf8), $0.value) }
    }

    public var isEmpty: Bool { names.isEmpty }

    /// The holder's name; nil when the server is open.
    /// - Throws: `ProblemDocument` 401 when a token is needed and the request's is absent or unknown.
    public func authenticate(_ request: Request) throws(ProblemDocument) -> String? {
        if names.isEmpty { return nil }
        guard let field = request.headers[.authorization] else {
            throw BearerTokens.problem("no Authorization header; send \"Authorization: Bearer <token>\"")
        }
        let prefix = "bearer "
        guard field.count > prefix.count, field.prefix(prefix.count).lowercased() == prefix else {
            throw BearerTokens.problem("the Authorization header is not a bearer token")
        }
        let given = Array(field.dropFirst(prefix.count).utf8)
        var holder: String?
        for (token, name) in names where BearerTokens.isEqual(token, given) { holder = name }
        guard let holder else { throw BearerTokens.problem("the bearer token is not known here") }
        return holder
    }

    /// Takes the same time wherever the tokens differ.
    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in left.indices { difference |= left[index] ^ right[index] }
        return difference == 0
    }

    private static func problem(_ detail: String) -> ProblemDocument {
        ProblemDocument(
            .unauthorized,
            kind: "unauthorized",
            title: "Authentication is needed",
            detail: detail,
            headers: [.wwwAuthenticate: "Bearer realm=\"meterlog\""]
        )
    }
}
