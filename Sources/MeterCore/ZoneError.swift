/// Why a time zone could not be read from its TZif data. The zone is refused; nothing is guessed.
public enum ZoneError: Error, Equatable, Sendable {
    /// The bytes end before the structure they announce.
    case truncated
    /// The bytes are not TZif of version 2 or later, or a table points outside itself.
    case malformed(String)
    /// The POSIX TZ text in the footer cannot be read.
    case malformedFooter(String)
}
