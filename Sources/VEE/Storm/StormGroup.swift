import StreamCore

/// How many channels of a group of meters have data for each of the last days, and the days that estimating waits for.
///
/// A channel is live on a day when it has data for it or for one of the seven days before. The share of a day is that of its live
/// channels that have data for it; the norm is the median share of the seven days before, of which three at least must have
/// live channels.
struct StormGroup: Sendable, Equatable {
    struct Day: Sendable, Equatable {
        var reporting: Int64 = 0
        var live: Int64 = 0
    }

    /// A day whose gaps wait.
    struct Storm: Sendable, Equatable {
        /// Local date, days since 1970.
        var day: Int32
        /// The watermark at which it is over at the latest, ms since 1970.
        var untilMilliseconds: Int64
    }

    let name: String
    /// Registered meters.
    var meters: Int64 = 0
    /// By day, the first one is `StormTable.firstDay`.
    var days = [Day](repeating: Day(), count: StormGroup.dayCount)
    var storms: [Storm] = []

    static let dayCount = 32
    static let normDays = 7
    static let leastNormDays = 3
    /// A storm is over when the share is back within so many points of the norm.
    static let recoveryPoints: Int64 = 5

    init(name: String) {
        self.name = name
    }

    /// Whether the share of a day is so many percent points below the norm, or more; nil when there is no norm.
    func isBelowNorm(_ index: Int, byPoints points: Int64, orEqual: Bool) -> Bool? {
        guard index >= Self.normDays, days[index].live > 0 else { return nil }
        // Of two fractions the lesser is told by their cross products.
        let before = days[index - Self.normDays..<index].filter { $0.live > 0 }.sorted {
            $0.reporting * $1.live < $1.reporting * $0.live
        }
        guard before.count >= Self.leastNormDays else { return nil }
        let norm = before[(before.count - 1) / 2]
        let own = days[index]
        let drop = (norm.reporting * own.live - own.reporting * norm.live) * 100
        let bound = points * norm.live * own.live
        return drop > bound || orEqual && drop == bound
    }

    /// Adds (`sign` 1) or takes away (-1) what a day of a channel means, which has data for it and `others`.
    mutating func count(_ day: Int32, _ others: ReportedDays, firstDay: Int32, sign: Int64) {
        guard (Int64(firstDay)..<Int64(firstDay) + Int64(Self.dayCount)).contains(Int64(day)) else { return }
        days[Int(day - firstDay)].reporting += sign
        for live in day...day + Int32(Self.normDays) {
            let index = Int(live - firstDay)
            guard index < Self.dayCount else { return }
            if !others.containsAny(live - Int32(Self.normDays)...live) { days[index].live += sign }
        }
    }

    /// Adds or takes away all that a channel means.
    mutating func count(_ channel: ReportedDays, firstDay: Int32, sign: Int64) {
        for index in days.indices {
            let day = firstDay + Int32(index)
            if channel.contains(day) { days[index].reporting += sign }
            if channel.containsAny(day - Int32(Self.normDays)...day) { days[index].live += sign }
        }
    }

    /// Forgets the oldest days and begins as many new ones, for which there is no data yet.
    mutating func roll(by count: Int) {
        let dropped = min(count, Self.dayCount)
        days.removeFirst(dropped)
        days.append(contentsOf: repeatElement(Day(), count: dropped))
    }
}

extension StormGroup {
    func encode(into writer: inout CompactWriter) {
        writer.append(name)
        writer.append(meters)
        for day in days {
            writer.append(day.reporting)
            writer.append(day.live)
        }
        writer.append(count: storms.count)
        for storm in storms {
            writer.append(storm.day)
            writer.append(storm.untilMilliseconds)
        }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        self.init(name: try reader.text(bytes))
        meters = try reader.integer(bytes)
        for index in days.indices {
            days[index].reporting = try reader.integer(bytes)
            days[index].live = try reader.integer(bytes)
        }
        let count = try reader.count(bytes)
        for _ in 0..<count {
            storms.append(
                Storm(day: try reader.integer(bytes), untilMilliseconds: try reader.integer(bytes))
            )
        }
    }
}
