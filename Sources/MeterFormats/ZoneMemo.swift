import MeterCore

/// Looks a zone up once for a run of readings that name the same one.
struct ZoneMemo {
    private let zones: ZoneCatalog
    private var last: ZoneRules?

    init(_ zones: ZoneCatalog) {
        self.zones = zones
    }

    mutating func rules(_ identifier: String, at byteOffset: Int) throws(DecodeError) -> ZoneRules {
        if let last, last.identifier == identifier { return last }
        guard let found = zones[identifier] else {
            throw DecodeError(.unknownZone, "no time zone \"\(identifier)\"", byteOffset: byteOffset)
        }
        last = found
        return found
    }
}
