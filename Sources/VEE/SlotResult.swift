import MeterCore
import MeterEvents

/// What is decided about a slot, or went out for it.
struct SlotResult: Equatable {
    var value: Int64
    /// `Quality.rawValue`, or one of `SlotStore`.
    var quality: UInt8
    /// `EstimationMethod.rawValue`, with `SlotStore.frozenBit`.
    var method: UInt8

    /// Consumers have a value, or had one that was locked before the meter's days were cut anew.
    var hasValue: Bool {
        switch quality {
        case SlotStore.neverEmitted, Quality.missing.rawValue: false
        case SlotStore.withdrawn: method & SlotStore.frozenBit != 0
        default: true
        }
    }

    private var isUsable: Bool {
        switch quality {
        case SlotStore.neverEmitted, SlotStore.withdrawn, Quality.missing.rawValue, Quality.failed.rawValue: false
        default: true
        }
    }

    /// What comes of a new result where a lock holds: what went out stays, for billing. Where nothing had gone out when the lock came, nothing
    /// comes: the slot is missing.
    ///
    /// - Parameters:
    ///   - isAbsent: nobody sent or entered anything for it.
    ///   - judgesAbsent: its window is closed.
    /// - Returns: the result, and whether what came would have changed it.
    func locked(_ new: SlotResult, isAbsent: Bool, judgesAbsent: Bool) -> (result: SlotResult, isCorrected: Bool) {
        if hasValue {
            var kept = self
            // A value that failed was no value for billing.
            kept.quality = quality == Quality.failed.rawValue ? quality : Quality.revenue.rawValue
            kept.method = method & SlotStore.methodMask | SlotStore.frozenBit
            return (kept, new.isUsable && new.value != value)
        }
        // Another grid has its time.
        if new.quality == SlotStore.neverEmitted || new.quality == SlotStore.withdrawn { return (new, false) }
        // An estimate of ours is no news.
        let isCorrected = new.isUsable && !isAbsent
        guard judgesAbsent else { return (self, isCorrected) }
        let missing = SlotResult(value: 0, quality: Quality.missing.rawValue, method: EstimationMethod.none.rawValue)
        return (missing, isCorrected)
    }
}

extension SlotResult {
    /// What went out last.
    init(_ slots: borrowing SlotStore, _ index: Int) {
        self.init(value: slots.outValues[index], quality: slots.outQualities[index], method: slots.outMethods[index])
    }
}
