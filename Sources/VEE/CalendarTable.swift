import MeterCore

/// The calendars of the zones that meters name, made when first asked for. Number 0 is UTC, which stands for unknown zones too.
struct CalendarTable: Sendable {
    private let zones: ZoneCatalog
    private let window: WindowLength
    private let dailyWindow: WindowLength
    private var names: [String] = ["UTC"]
    private var calendars: [DayCalendar]
    /// The windows of daily values, which are on the wall clock: they are the same in every zone.
    private var dailyCalendar: DayCalendar

    private static let dailySeconds: Int64 = 86_400

    init(_ zones: ZoneCatalog, _ limits: VEELimits) {
        self.zones = zones
        window = limits.window
        dailyWindow = limits.dailyWindow
        calendars = [DayCalendar(.utc, window: window)]
        dailyCalendar = DayCalendar(.utc, window: dailyWindow)
    }

    /// The number of a zone; nil when there is no such zone.
    mutating func index(of zone: String) -> Int? {
        if let index = names.firstIndex(of: zone) { return index }
        guard let rules = zones[zone] else { return nil }
        names.append(zone)
        calendars.append(DayCalendar(rules, window: window))
        return calendars.count - 1
    }

    /// The calendar of a zone, by its number, for channels of an interval length in seconds.
    subscript(zone: Int, intervalSeconds: Int64) -> DayCalendar {
        _read {
            if intervalSeconds != Self.dailySeconds { yield calendars[zone] } else { yield dailyCalendar }
        }
        _modify {
            if intervalSeconds != Self.dailySeconds { yield &calendars[zone] } else { yield &dailyCalendar }
        }
    }

    /// The calendar of a zone for what has no interval length.
    subscript(zone: Int) -> DayCalendar {
        _read { yield calendars[zone] }
        _modify { yield &calendars[zone] }
    }
}
