/// The zones that a process knows, by identifier, in a fixed order.
///
/// UTC and fixed offsets are always there: `UTC`, `Etc/UTC`, `GMT`, `Z`, `Etc/GMT-10` (POSIX sign: ten hours *east*), `+10:00`,
/// `-0330`, `+10`. The rest is what the caller loaded.
public struct ZoneCatalog: Sendable {
    /// Ascending by identifier.
    private let zones: [ZoneRules]

    /// Later entries with the same identifier are dropped.
    public init(_ zones: [ZoneRules] = []) {
        var unique: [ZoneRules] = []
        for zone in zones.enumerated().sorted(by: { left, right in
            (left.element.identifier, left.offset) < (right.element.identifier, right.offset)
        }) where unique.last?.identifier != zone.element.identifier {
            unique.append(zone.element)
        }
        self.zones = unique
    }

    /// The loaded identifiers, ascending.
    public var identifiers: [String] {
        zones.map(\.identifier)
    }

    /// The rules of a zone, or nil when it was not loaded and is not a fixed offset.
    public subscript(identifier: String) -> ZoneRules? {
        var low = 0
        var high = zones.count
        while low < high {
            let middle = (low + high) / 2
            if zones[middle].identifier == identifier { return zones[middle] }
            if zones[middle].identifier < identifier { low = middle + 1 } else { high = middle }
        }
        return Self.fixedOffset(identifier).map { ZoneRules.fixed(offsetSeconds: $0).named(identifier) }
    }

    /// Seconds east of UTC of a name that stands for a fixed offset.
    private static func fixedOffset(_ identifier: String) -> Int? {
        switch identifier {
        case "UTC", "Etc/UTC", "GMT", "Etc/GMT", "Z", "Etc/Universal", "Etc/UCT": return 0
        default: break
        }
        let posixPrefix = "Etc/GMT"
        let isPosix = identifier.hasPrefix(posixPrefix)
        let text = Array(identifier.utf8.dropFirst(isPosix ? posixPrefix.utf8.count : 0))
        guard let sign = text.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") else { return nil }
        let digits = text.dropFirst().filter { $0 != UInt8(ascii: ":") }
        let hasColon = digits.count + 1 != text.count
        guard !hasColon || (text.count == 6 && text[3] == UInt8(ascii: ":")) else { return nil }
        guard digits.count == 2 || digits.count == 4 || (isPosix && digits.count == 1),
            let number = DecimalText.unsigned(digits.span, 0..<digits.count)
        else { return nil }
        let (hours, minutes) = digits.count == 4 ? (number / 100, number % 100) : (number, 0)
        guard hours <= 18, minutes <= 59, hours * 60 + minutes <= 18 * 60, !isPosix || digits.count <= 2
        else { return nil }
        let magnitude = hours * 3600 + minutes * 60
        let isEast = (sign == UInt8(ascii: "+")) != isPosix
        return isEast ? magnitude : -magnitude
    }
}
