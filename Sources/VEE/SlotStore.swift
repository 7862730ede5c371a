import MeterCore
import StreamCore

/// The consecutive slots of a series, as a struct of arrays. Slots have absolute numbers: slot `n` of a series starts at
/// `n * intervalSeconds + phase` seconds since 1970; element 0 is slot `base`.
struct SlotStore: Sendable {
    private(set) var base: Int64 = 0
    /// What the source said, in billionths of the unit.
    var values: [Int64] = []
    /// `Quality.rawValue` of the source or `absent`.
    var sources: [UInt8] = []
    /// `IntervalFlags.rawValue` of the source.
    var flags: [UInt16] = []
    /// Index into the series' references; 0 where absent.
    var references: [UInt32] = []
    /// The last version that went out.
    var outValues: [Int64] = []
    /// `Quality.rawValue`, `neverEmitted` or `withdrawn`.
    var outQualities: [UInt8] = []
    /// `EstimationMethod.rawValue`, with `frozenBit`.
    var outMethods: [UInt8] = []
    var revisions: [UInt32] = []

    /// No record of the slot at all.
    static let absent: UInt8 = 0x7f
    static let neverEmitted: UInt8 = 0x7f
    /// What went out last is that no reading is in force here any more.
    static let withdrawn: UInt8 = 0x7e
    /// The version that went out is locked (billed).
    static let frozenBit: UInt8 = 0x80
    static let methodMask: UInt8 = 0x7f

    var count: Int { values.count }
    var isEmpty: Bool { values.isEmpty }
    var end: Int64 { base + Int64(values.count) }

    /// Extends the slots so that `range` is among them.
    mutating func cover(_ range: Range<Int64>) {
        guard !range.isEmpty else { return }
        if isEmpty { base = range.lowerBound }
        if range.lowerBound < base { prepend(Int(base - range.lowerBound)) }
        if range.upperBound > end { append(Int(range.upperBound - end)) }
    }

    /// Forgets the slots below `slot`.
    mutating func removeBelow(_ slot: Int64) {
        let surplus = Int(min(max(slot - base, 0), Int64(count)))
        if surplus > 0 {
            values.removeFirst(surplus)
            sources.removeFirst(surplus)
            flags.removeFirst(surplus)
            references.removeFirst(surplus)
            outValues.removeFirst(surplus)
            outQualities.removeFirst(surplus)
            outMethods.removeFirst(surplus)
            revisions.removeFirst(surplus)
        }
        base = max(base, slot)
    }

    /// Adds the slots of `later`, which begin where these end.
    mutating func append(_ later: borrowing SlotStore) {
        values.append(contentsOf: later.values)
        sources.append(contentsOf: later.sources)
        flags.append(contentsOf: later.flags)
        references.append(contentsOf: later.references)
        outValues.append(contentsOf: later.outValues)
        outQualities.append(contentsOf: later.outQualities)
        outMethods.append(contentsOf: later.outMethods)
        revisions.append(contentsOf: later.revisions)
    }

    /// Starts an empty store at a slot.
    init(base: Int64 = 0) {
        self.base = base
    }

    private mutating func append(_ surplus: Int) {
        values.append(contentsOf: repeatElement(0, count: surplus))
        sources.append(contentsOf: repeatElement(Self.absent, count: surplus))
        flags.append(contentsOf: repeatElement(0, count: surplus))
        references.append(contentsOf: repeatElement(0, count: surplus))
        outValues.append(contentsOf: repeatElement(0, count: surplus))
        outQualities.append(contentsOf: repeatElement(Self.neverEmitted, count: surplus))
        outMethods.append(contentsOf: repeatElement(0, count: surplus))
        revisions.append(contentsOf: repeatElement(0, count: surplus))
    }

    private mutating func prepend(_ surplus: Int) {
        values.insert(contentsOf: repeatElement(0, count: surplus), at: 0)
        sources.insert(contentsOf: repeatElement(Self.absent, count: surplus), at: 0)
        flags.insert(contentsOf: repeatElement(0, count: surplus), at: 0)
        references.insert(contentsOf: repeatElement(0, count: surplus), at: 0)
        outValues.insert(contentsOf: repeatElement(0, count: surplus), at: 0)
        outQualities.insert(contentsOf: repeatElement(Self.neverEmitted, count: surplus), at: 0)
        outMethods.insert(contentsOf: repeatElement(0, count: surplus), at: 0)
        revisions.insert(contentsOf: repeatElement(0, count: surplus), at: 0)
        base -= Int64(surplus)
    }
}
