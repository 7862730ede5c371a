import MeterCore
import StreamCore

/// The consecutive slots of a series, as a struct of arrays. Slots have absolute numbers: slot `n` of a series starts at
/// `n * intervalSeconds + phase` seconds since 1970; element 0 is slot `base`.
struct SlotStore: Sendable {
    private(set) var base: Int64 = 0
    /// What the source said, in billionths of the unit.
    var values: [Int64] = []
    /// `Quality.rawValue` of the source or `absent`, with `powerFailedBit`.
    var sources: [UInt8] = []
    /// Index into the series' references; 0 where absent.
    var references: [UInt32] = []
    /// The last version that went out.
    var outValues: [Int64] = []
    /// `Quality.rawValue` or `neverEmitted`.
    var outQualities: [UInt8] = []
    var outMethods: [UInt8] = []
    var revisions: [UInt32] = []

    /// No record of the slot at all.
    static let absent: UInt8 = 0x7f
    static let neverEmitted: UInt8 = 0x7f
    /// The power failed in the interval, so that it is no end point of an estimate.
    static let powerFailedBit: UInt8 = 0x80
    static let qualityMask: UInt8 = 0x7f

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
            references.removeFirst(surplus)
            outValues.removeFirst(surplus)
            outQualities.removeFirst(surplus)
            outMethods.removeFirst(surplus)
            revisions.removeFirst(surplus)
        }
        base = max(base, slot)
    }

    private mutating func append(_ surplus: Int) {
        values.append(contentsOf: repeatElement(0, count: surplus))
        sources.append(contentsOf: repeatElement(Self.absent, count: surplus))
        references.append(contentsOf: repeatElement(0, count: surplus))
        outValues.append(contentsOf: repeatElement(0, count: surplus))
        outQualities.append(contentsOf: repeatElement(Self.neverEmitted, count: surplus))
        outMethods.append(contentsOf: repeatElement(0, count: surplus))
        revisions.append(contentsOf: repeatElement(0, count: surplus))
    }

    private mutating func prepend(_ surplus: Int) {
        values.insert(contentsOf: repeatElement(0, count: surplus), at: 0)
        sources.insert(contentsOf: repeatElement(Self.absent, count: surplus), at: 0)
        references.insert(contentsOf: repeatElement(0, count: surplus), at: 0)
        outValues.insert(contentsOf: repeatElement(0, count: surplus), at: 0)
        outQualities.insert(contentsOf: repeatElement(Self.neverEmitted, count: surplus), at: 0)
        outMethods.insert(contentsOf: repeatElement(0, count: surplus), at: 0)
        revisions.insert(contentsOf: repeatElement(0, count: surplus), at: 0)
        base -= Int64(surplus)
    }
}

extension SlotStore {
    func encode(into writer: inout CompactWriter) {
        writer.append(base)
        writer.append(sources)
        writer.append(outQualities)
        writer.append(outMethods)
        for index in 0..<count {
            writer.append(values[index])
            writer.append(unsigned: UInt64(references[index]))
            writer.append(outValues[index] &- values[index])
            writer.append(unsigned: UInt64(revisions[index]))
        }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>, referenceCount: Int) throws(StateError) {
        base = try reader.integer(bytes)
        sources = try reader.array(bytes)
        outQualities = try reader.array(bytes)
        outMethods = try reader.array(bytes)
        let count = sources.count
        guard outQualities.count == count, outMethods.count == count else { throw .malformed("slots of two lengths") }
        for _ in 0..<count {
            let value: Int64 = try reader.integer(bytes)
            values.append(value)
            let reference = try reader.unsigned32(bytes)
            guard reference == 0 || Int(reference) < referenceCount else { throw .malformed("a reference to nothing") }
            references.append(reference)
            let difference: Int64 = try reader.integer(bytes)
            outValues.append(value &+ difference)
            revisions.append(try reader.unsigned32(bytes))
        }
    }
}
