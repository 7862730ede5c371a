/// A reading quality of IEC 61968-9: `system.category.index`, such as `3.8.0`.
///
/// Systems: 0 not applicable, 1 end device, 2 collection network or head end, 3 meter data management, 4 other, 5 external. Categories:
/// 0 valid, 1 diagnostics, 2 power quality, 3 tamper or revenue, 4 data collection, 5 reasonability, 6 validation, 7 edited, 8
/// estimated, 10 questionable, 11 derived, 12 projected.
///
/// Source: IEC 61968-9, ReadingQualityType, as far as published messages show it; the index annex was not at hand, so that indices other
/// than 0, 1 (category 0) and 259 (category 5, known missing read) are read but not written.
public struct ReadingQualityType: Hashable, Sendable {
    public var system: UInt16
    public var category: UInt16
    public var index: UInt16

    public init(_ system: UInt16, _ category: UInt16, _ index: UInt16) {
        self.system = system
        self.category = category
        self.index = index
    }

    /// Reads `system.category.index`; nil when the text is none.
    public init?(_ text: String) {
        let parts = text.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3, parts.allSatisfy({ $0.allSatisfy { (0x30...0x39).contains($0) } }),
            let system = UInt16(Substring(parts[0])), let category = UInt16(Substring(parts[1])),
            let index = UInt16(Substring(parts[2]))
        else { return nil }
        self.init(system, category, index)
    }
}

extension ReadingQualityType: CustomStringConvertible {
    public var description: String { "\(system).\(category).\(index)" }
}

extension Quality {
    /// The reading qualities that say this to others. More than one where one alone would say something else.
    public var readingQualities: [ReadingQualityType] {
        switch self {
        case .missing: [ReadingQualityType(3, 5, 259)]
        case .raw: [ReadingQualityType(2, 0, 0)]
        case .failed: [ReadingQualityType(3, 6, 0)]
        case .projected: [ReadingQualityType(3, 12, 0)]
        case .estimatedProfile, .estimatedReferenceDay, .estimatedLinear, .estimatedScaled:
            [ReadingQualityType(3, 8, 0)]
        case .derived: [ReadingQualityType(3, 11, 0)]
        case .questionable: [ReadingQualityType(3, 10, 0)]
        case .verified: [ReadingQualityType(3, 0, 0), ReadingQualityType(3, 6, 0)]
        case .validated, .revenue: [ReadingQualityType(3, 0, 1)]
        case .edited: [ReadingQualityType(3, 7, 0)]
        }
    }

    /// The place on the ladder of a value with these reading qualities; nil when there are none, or none that is known.
    ///
    /// All of them count. Missing stands above everything, then edited, estimated, projected and derived values; an actual value is
    /// valid, doubtful or failed, and verified when a management system calls it both valid and failed. Which method an estimate is of
    /// can't be seen: it gets the lowest rank of an estimate. That a value was valid to a device or a head end makes it raw: it has
    /// not been through the checks of a management system.
    public init?(_ types: [ReadingQualityType]) {
        func has(_ category: UInt16) -> Bool { types.contains { $0.category == category } }
        let isManaged = types.contains { $0.system == 3 && $0.category == 0 }
        let isFailed = has(6) || types.contains { $0.category == 5 && $0.index != 259 && $0.system == 3 }
        if types.contains(where: { $0.category == 5 && $0.index == 259 }) {
            self = .missing
        } else if has(7) {
            self = .edited
        } else if has(8) {
            self = .estimatedProfile
        } else if has(12) {
            self = .projected
        } else if has(11) {
            self = .derived
        } else if isFailed {
            self = isManaged ? .verified : .failed
        } else if has(10) || has(5) {
            self = .questionable
        } else if isManaged {
            self = .validated
        } else if has(0) || has(1) || has(2) || has(3) || has(4) {
            self = .raw
        } else {
            return nil
        }
    }
}
