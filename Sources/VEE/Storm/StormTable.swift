import RuleSets
import StreamCore

/// The groups of meters of a partition, and which of their days are in a storm: so many channels are silent that estimating waits.
///
/// A day is judged once, when the first of its windows become due. A storm only delays estimates; when it is over all that waited is estimated
/// as if it had not been.
///
/// Source: Oracle Outage Storm Mode (drop against the norm of seven days, least number of devices, three days, resume within 5 %).
struct StormTable: Sendable {
    struct Release: Sendable, Equatable {
        var group: Int
        var day: Int32
    }

    private(set) var groups: [StormGroup] = []
    /// The first of the days that are counted: local dates, as days since 1970.
    private(set) var firstDay: Int32 = 0
    /// Days up to this one are judged.
    private var judgedThrough: Int32 = -1

    // What follows from the state and is not part of it.
    private var index: [String: Int] = [:]
    /// The watermark before which nothing begins or ends by itself, ms since 1970.
    private var nextAt = Int64.min
    /// Storms that are over and whose days are still to be estimated. Empty between records.
    private(set) var released: [Release] = []

    /// Groups of one partition; meters of further ones are of none.
    static let maximumGroups = 10_000
    /// Days after today that data is counted for.
    private static let aheadDays = 1
    /// Days that end so long ago that nothing of them waits any more.
    private static let oldDays: Int32 = 4
    /// A date ends so long before its end in UTC where it ends first.
    private static let earliestEndSeconds: Int64 = 14 * 3600
    private static let dayMilliseconds: Int64 = 86_400_000

    /// Days that are counted. Those after the last one are there for the channels that are live then.
    private var countedDays: Range<Int32> {
        firstDay..<firstDay + Int32(StormGroup.dayCount - StormGroup.normDays)
    }

    /// The UTC day of a time, ms since 1970, within bounds that leave room to count.
    private static func day(of milliseconds: Int64) -> Int32 {
        Int32(max(0, min(milliseconds / dayMilliseconds, 1_000_000_000)))
    }

    /// Days of a group that estimating waits for.
    func days(of group: Int?) -> [Int32] {
        guard let group, !groups[group].storms.isEmpty else { return [] }
        return groups[group].storms.map(\.day)
    }

    /// The group of a name, made known when it is new.
    mutating func group(_ name: String, isNew: Bool = true) -> Int? {
        if name.isEmpty { return nil }
        if let held = index[name] { return held }
        guard isNew, groups.count < Self.maximumGroups else { return nil }
        groups.append(StormGroup(name: name))
        index[name] = groups.count - 1
        return groups.count - 1
    }

    mutating func addMeter(_ group: Int, _ channels: [ReportedDays], sign: Int64) {
        groups[group].meters += sign
        for channel in channels { groups[group].count(channel, firstDay: firstDay, sign: sign) }
    }

    /// Whether data for a day is of any use here.
    func counts(_ day: Int32) -> Bool { countedDays.contains(day) }

    /// Counts that a channel which had data for `before` has data for `day` now.
    mutating func note(_ day: Int32, _ before: ReportedDays, group: Int?) {
        guard let group else { return }
        groups[group].count(day, before, firstDay: firstDay, sign: 1)
        guard let place = groups[group].storms.firstIndex(where: { $0.day == day }) else { return }
        let isStill = groups[group].isBelowNorm(
            Int(day - firstDay),
            byPoints: StormGroup.recoveryPoints,
            orEqual: false
        )
        if isStill != true { end(place, of: group) }
    }

    private mutating func end(_ place: Int, of group: Int) {
        released.append(Release(group: group, day: groups[group].storms[place].day))
        groups[group].storms.remove(at: place)
    }

    mutating func takeReleased() -> [Release] {
        defer { released.removeAll() }
        return released
    }

    // MARK: Time

    /// Makes room for the days around a time, ms since 1970.
    mutating func roll(to milliseconds: Int64) {
        let first = Self.day(of: milliseconds) - Int32(StormGroup.dayCount - StormGroup.normDays - 1 - Self.aheadDays)
        guard first > firstDay else { return }
        let days = Int(first - firstDay)
        firstDay = first
        for group in groups.indices { groups[group].roll(by: days) }
    }

    /// Ends the storms that lasted long enough, and judges the days whose time has come.
    ///
    /// - Parameters:
    ///   - now: the watermark, ms since 1970.
    ///   - graceSeconds: windows are due this long after their end.
    ///   - parameters: of a group and a day.
    mutating func judge(
        _ now: Int64,
        graceSeconds: Int64,
        _ parameters: (_ group: String, _ day: Int32) -> EstimationParameters.Storm
    ) {
        guard now >= nextAt else { return }
        for group in groups.indices {
            while let place = groups[group].storms.firstIndex(where: { $0.untilMilliseconds <= now }) {
                end(place, of: group)
            }
        }
        let delay = max(0, graceSeconds - Self.earliestEndSeconds) * 1000
        let last = Self.day(of: max(0, now) - delay) - 1
        var day = max(judgedThrough + 1, last - Self.oldDays)
        while day <= last {
            judge(day, now, graceSeconds, parameters)
            day += 1
        }
        judgedThrough = max(judgedThrough, last)
        nextAt = (Int64(judgedThrough) + 2) * Self.dayMilliseconds + delay
        for group in groups { for storm in group.storms { nextAt = min(nextAt, storm.untilMilliseconds) } }
    }

    private mutating func judge(
        _ day: Int32,
        _ now: Int64,
        _ graceSeconds: Int64,
        _ parameters: (_ group: String, _ day: Int32) -> EstimationParameters.Storm
    ) {
        guard counts(day) else { return }
        let dueAt = (Int64(day) + 1) * Self.dayMilliseconds + graceSeconds * 1000
        for group in groups.indices {
            let storm = parameters(groups[group].name, day)
            let until = dueAt + Int64(min(storm.maximumDays, 3)) * Self.dayMilliseconds
            guard storm.isEnabled, until > now, groups[group].meters >= Int64(storm.minimumMeters) else { continue }
            let points = Int64(storm.dropPercent)
            guard groups[group].isBelowNorm(Int(day - firstDay), byPoints: points, orEqual: true) == true else {
                continue
            }
            groups[group].storms.append(StormGroup.Storm(day: day, untilMilliseconds: until))
        }
    }
}

extension StormTable {
    func encode(into writer: inout CompactWriter) {
        writer.append(firstDay)
        writer.append(judgedThrough)
        writer.append(count: groups.count)
        for group in groups { group.encode(into: &writer) }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        firstDay = try reader.integer(bytes)
        judgedThrough = try reader.integer(bytes)
        let count = try reader.count(bytes)
        for _ in 0..<count {
            let group = try StormGroup(&reader, bytes)
            guard index.updateValue(groups.count, forKey: group.name) == nil else {
                throw .malformed("a group twice")
            }
            groups.append(group)
        }
    }
}
