/// Why a rule set is refused, and where. Nothing of it takes effect.
public struct RuleSetError: Error, Sendable, Equatable, CustomStringConvertible {
    public static let exceptionCode = "ERR_VEE_RULES_00"

    /// 1-based line of the text.
    public var line: Int
    public var reason: String

    public init(line: Int, reason: String) {
        self.line = line
        self.reason = reason
    }

    public var description: String { "line \(line): \(reason)" }
}
