import MeterCore

/// The calendars of the zones that meters name, made when first asked for. Entry 0 is UTC, which stands for unknown zones too.
struct CalendarTable: Sendable {
    private let zones: ZoneCatalog
    private let windowHours: Int
    private var names: [String] = ["UTC"]
    var entries: [DayCalendar]

    init(_ zones: ZoneCatalog, windowHours: Int) {
        self.zones = zones
        self.windowHours = windowHours
        entries = [DayCalendar(.utc, windowHours: windowHours)]
    }

    /// The index of a zone's calendar; nil when there is no such zone.
    mutating func index(of zone: String) -> Int? {
        if let index = names.firstIndex(of: zone) { return index }
        guard let rules = zones[zone] else { return nil }
        names.append(zone)
        entries.append(DayCalendar(rules, windowHours: windowHours))
        return entries.count - 1
    }
}
