import MeterEvents

/// V05 and V27, duplicate and replacement.
///
/// Definition: of all values that came for a slot, one holds. Each source has one word about a slot, and of the words of several sources
/// the one with the highest standing holds. The order of arrival has no part in either.
///
/// Formula: of two values of one source the later version is its word, whatever the qualities, so that a later substitute replaces an
/// earlier actual value, and a later null takes a value back. A final substitute (NEM12: F) stands above everything that is not one. Where
/// the versions are equal, or the source has none: the rank of the quality (a measured value that fails an interval check ranks as failed),
/// then receive time, then payload hash, then the value itself. Between sources: rank, receive time, payload hash, value.
/// Both are total orders. Comparing versions across sources would let three payloads beat each other in a circle.
///
/// The grade of a measured value is that of the rules in force when the two meet; a later rule set does not bring back what lost.
///
/// Result: an identical value changes nothing. A different value of higher standing replaces; one of lower standing is held and counted.
///
/// Source: Oracle Utilities MDM "Duplicate IMD Check" and "Final Measurement Replacement"; AEMO Meter Data File Format for versions and
/// final substitutes; the quality ladder of `MeterCore.Quality`.
struct Standing {
    var rank: UInt8
    var reference: Series.Reference
    var value: Int64

    /// Whether it is a later word of the same source.
    func isLaterWord(than other: Standing) -> Bool {
        if reference.isFinal != other.reference.isFinal { return reference.isFinal }
        if reference.sourceVersion != other.reference.sourceVersion {
            return reference.sourceVersion > other.reference.sourceVersion
        }
        return outranks(other)
    }

    /// Whether it holds against the word of another source.
    func outranks(_ other: Standing) -> Bool {
        if rank != other.rank { return rank > other.rank }
        if reference.raw.supersedes(other.reference.raw) { return true }
        if other.reference.raw.supersedes(reference.raw) { return false }
        return value > other.value
    }
}
