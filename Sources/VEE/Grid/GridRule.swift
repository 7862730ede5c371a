import MeterCore

/// V42 and V43, one grid at a time.
///
/// Definition: of values of one channel that overlap in time because their payloads had other interval lengths or phases, the finer ones are in
/// force, of equal length those of the grid that has more values in the window. A coarser value stands where there is no finer one; of
/// one that finer values have a part of, the rest is shared among what they leave missing.
///
/// Result (warn): V42 tells of values that are held because they overlap others of the same length; V43 of a coarser value that finer ones
/// contradict by more than 0.1 % and 0.002 of the unit. The values in force stay as they are.
enum GridRule {
    static let heldNumber: UInt32 = 42
    static let totalNumber: UInt32 = 43
    static let heldCode = "ERR_VEE_GRID_42"
    static let totalCode = "ERR_VEE_TOTAL_43"

    /// Whether a coarser value and the finer ones of the same time say something else.
    static func contradicts(_ coarse: Int64, _ finer: Int128) -> Bool {
        let tolerance = max(Int128(coarse).magnitude / 1000, 2_000_000)
        return (Int128(coarse) - finer).magnitude > tolerance
    }

    static func code(_ rule: UInt32) -> String? {
        switch rule {
        case heldNumber: heldCode
        case totalNumber: totalCode
        default: nil
        }
    }

    static func reason(
        _ rule: UInt32,
        firstStart: Int64,
        count: UInt32,
        observed: Int64,
        limit: Int64,
        unit: MeasurementUnit
    ) -> String? {
        let first = Instant(secondsSinceEpoch: firstStart)
        let values = count == 1 ? "1 value" : "\(count) values"
        let stand = count == 1 ? "is" : "are"
        switch rule {
        case heldNumber:
            return "\(values) from \(first) \(stand) held: other intervals of the channel overlap, on another grid"
        case totalNumber:
            return "\(values) from \(first) \(stand) not the sum of the finer intervals in force: "
                + "\(Quantity(billionths: observed)) \(unit.symbol), they have \(Quantity(billionths: limit))"
        default: return nil
        }
    }
}
