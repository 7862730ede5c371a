/// What a wall-clock time of a zone means as an instant.
public enum LocalTime: Equatable, Sendable {
    /// The usual case: the clock showed it once.
    case unique(Instant)
    /// The clock was set back and showed it twice.
    case ambiguous(earlier: Instant, later: Instant)
    /// The clock was set forward over it; `transition` is the first instant after the jump.
    case skipped(transition: Instant)
}
