/// Patterns of names in rule sets: a name, or the beginning of one with a trailing `*` for any rest.
enum NamePattern {
    static func matches(_ pattern: String, _ name: String) -> Bool {
        if pattern == name { return true }
        return pattern.utf8.last == UInt8(ascii: "*") && name.utf8.starts(with: pattern.utf8.dropLast())
    }
}
