/// Configuration that can't be used. Every message says where it stands and what would be right.
public enum SettingsError: Error, Sendable, Equatable, CustomStringConvertible {
    case unreadable(path: String, reason: String)
    case malformed(path: String, line: Int, reason: String)
    case unknownKey(path: String, line: Int, key: String, known: [String])
    case wrongValue(origin: String, key: String, value: String, expected: String)
    /// A file with secrets that others may read.
    case exposed(path: String, mode: String)

    public var description: String {
        switch self {
        case .unreadable(let path, let reason): "\(path): \(reason)"
        case .malformed(let path, let line, let reason): "\(path):\(line): \(reason)"
        case .unknownKey(let path, let line, let key, let known):
            "\(path):\(line): unknown key \"\(key)\"; known here: \(known.joined(separator: ", "))"
        case .wrongValue(let origin, let key, let value, let expected):
            "\(origin): \(key) is \"\(value)\", expected \(expected)"
        case .exposed(let path, let mode):
            "\(path) holds secrets and has mode \(mode); others could read it. Run: chmod 0600 \(path)"
        }
    }
}
