/// E1, point-to-point linear interpolation.
///
/// When: at the close of a window, for a gap of at most `maximumGapSeconds` (default 2 h) with a valid measured value directly
/// before and directly after it, neighbouring windows included. An interval in which the power failed is no end point: the low
/// byte of the source's status is looked up in `powerFailureReasons`. Neither is a spike, an estimate or a failed value.
///
/// Formula: `v_k = a + (b - a) * k / (n + 1)` for `k = 1 ... n`, rounded half away from zero to a billionth.
///
/// Source: the California DASMMD section 4.1 (2 h); Itron Enterprise Edition topic 251957 (formula).
public struct LinearEstimation: Sendable, Equatable {
    public var isEnabled: Bool
    public var maximumGapSeconds: Int64
    /// Reason codes (low byte of the source's status) that mean a power failure in the interval. The codes are those of the
    /// formats in use, so there is no default; NEM12 writes 43 and 79.
    public var powerFailureReasons: [UInt8]

    public init(isEnabled: Bool = true, maximumGapSeconds: Int64 = 7200, powerFailureReasons: [UInt8] = []) {
        self.isEnabled = isEnabled
        self.maximumGapSeconds = maximumGapSeconds
        self.powerFailureReasons = powerFailureReasons
    }

    /// Slots of the longest gap that is filled.
    func maximumSlots(intervalSeconds: Int64) -> Int64 {
        isEnabled ? maximumGapSeconds / intervalSeconds : 0
    }

    /// The value of slot `k` (from 1) of a gap of `count` slots between `before` and `after`.
    public static func value(before: Int64, after: Int64, k: Int64, count: Int64) -> Int64 {
        let parts = Int128(count) + 1
        let numerator = Int128(before) * (parts - Int128(k)) + Int128(after) * Int128(k)
        let rounded = (2 * numerator.magnitude + parts.magnitude) / (2 * parts.magnitude)
        return numerator < 0 ? Int64(clamping: -Int128(rounded)) : Int64(clamping: Int128(rounded))
    }
}
