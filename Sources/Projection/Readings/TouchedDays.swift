package import PostgresIO

/// A local day of a channel that a transaction may have changed.
package struct TouchedDay: Equatable, Sendable {
    package var channelKey: Int32
    package var zone: String
    package var day: LocalDays.Day
    /// A reading of it is among the rows.
    package var hasReading: Bool
}

/// Finds the local days whose way of being counted has to be looked at again.
///
/// A day that was looked at because of a reading needs no other look until a window of it changes: whether it is settled depends on its
/// windows alone, and readings only ever come. That keeps one reading after the other from costing more than the first of its day.
package struct TouchedDays: Sendable {
    private struct Key: Hashable {
        var channelKey: Int32
        var startMicroseconds: Int64
    }

    private static let maximumKnown = 200_000

    private var calendar = LocalDays()
    private var known: Set<Key> = []

    package init() {}

    /// The days of these rows that are to be looked at, each once.
    package mutating func take(
        _ spans: [ReadingSpan],
        _ windows: [WindowRow],
        _ connection: inout PostgresConnection
    ) throws(PostgresError) -> [TouchedDay] {
        if known.count > Self.maximumKnown { known.removeAll(keepingCapacity: true) }
        var touched: [TouchedDay] = []
        var places: [Key: Int] = [:]
        for window in windows {
            // An instant before the end: the next day is not touched.
            let last = max(window.startMicroseconds, window.endMicroseconds - 1)
            let days = try calendar.days(window.zone, from: window.startMicroseconds, through: last, &connection)
            for day in days {
                let key = Key(channelKey: window.channelKey, startMicroseconds: day.startMicroseconds)
                known.remove(key)
                guard places[key] == nil else { continue }
                places[key] = touched.count
                touched.append(
                    TouchedDay(channelKey: window.channelKey, zone: window.zone, day: day, hasReading: false)
                )
            }
        }
        for span in spans {
            let days = try calendar.days(
                span.zone,
                from: span.firstStartMicroseconds,
                through: span.lastStartMicroseconds,
                &connection
            )
            for day in days {
                let key = Key(channelKey: span.channelKey, startMicroseconds: day.startMicroseconds)
                guard known.insert(key).inserted else { continue }
                if let place = places[key] {
                    touched[place].hasReading = true
                } else {
                    places[key] = touched.count
                    touched.append(
                        TouchedDay(channelKey: span.channelKey, zone: span.zone, day: day, hasReading: true)
                    )
                }
            }
        }
        return touched
    }
}
