import MeterEvents

/// V05 and V27, duplicate and replacement.
///
/// Definition: of all values that came for a slot, one holds. It is the one with the highest standing; the order of arrival has no part.
///
/// Formula: standing is compared by rank of the quality (a measured value that fails an interval check ranks as failed), then
/// the source's own version (none is the lowest), then receive time, then payload hash, then the value itself. This is a total order:
/// comparing versions only where both have one would let three payloads beat each other in a circle.
///
/// The grade of a measured value is that of the rules in force when the two meet; a later rule set does not bring back what lost.
///
/// Result: an identical value changes nothing. A different value of higher standing replaces; one of lower standing is counted.
///
/// Source: Oracle Utilities MDM "Duplicate IMD Check" and "Final Measurement Replacement"; the quality ladder of `MeterCore.Quality`.
struct Standing {
    var rank: UInt8
    var sourceVersion: Int64
    var raw: RawReference
    var value: Int64

    func isAbove(_ other: Standing) -> Bool {
        if rank != other.rank { return rank > other.rank }
        if sourceVersion != other.sourceVersion { return sourceVersion > other.sourceVersion }
        if raw.supersedes(other.raw) { return true }
        if other.raw.supersedes(raw) { return false }
        return value > other.value
    }
}
