/// A row's time as its source wrote it.
struct RowStamp: Equatable {
    /// Seconds since 1970: of an instant, or of a wall clock as if it were UTC's.
    var second: Int64
    /// Whether the row names no offset from UTC, so that the zone has to tell the instant.
    var isLocal: Bool
}

/// What a row's time turned out to be.
enum RowStart: Equatable {
    /// Where the row's interval starts, seconds since 1970.
    case at(Int64)
    /// The zone's clock never showed it.
    case skipped
    /// The clock showed it twice and nothing in the file says which is meant.
    case ambiguous
}
