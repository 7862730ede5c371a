import MeterCore

/// What the quality byte of a slot means for the rules.
package enum SourceQuality {
    /// No record of the slot at all; no `Quality` has this number.
    /// Another series of the channel has the slot's time.
    package static let withdrawn: UInt8 = 0x7e
    package static let absent: UInt8 = 0x7f

    /// Whether a value with this quality is put to the checks: it was measured, and neither a person nor a bill has settled it.
    @inlinable
    @inline(__always)
    package static func isChecked(_ quality: UInt8) -> Bool {
        quality == Quality.raw.rawValue || quality == Quality.validated.rawValue
            || quality == Quality.questionable.rawValue
    }

    /// Whether a value with this quality is a measurement, settled or not.
    @inlinable
    @inline(__always)
    package static func isMeasured(_ quality: UInt8) -> Bool {
        quality == Quality.raw.rawValue
            || (quality >= Quality.questionable.rawValue && quality <= Quality.revenue.rawValue)
    }
}
