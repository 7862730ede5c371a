package import MeterCore
package import MeterEvents
package import RuleSets
import StreamCore

/// The kept readings of one register of a meter.
///
/// Of each UTC day the first and the last instant are kept, and of each instant all that came for it: what holds does not depend on the order
/// of arrival.
package struct RegisterRecord: Sendable, Equatable {
    package struct Entry: Sendable, Equatable {
        /// What holds, and what came besides and does not.
        private(set) var held: RegisterCandidate
        private(set) var others: [RegisterCandidate] = []

        package var point: RegisterPoint { held.point }
        package var raw: RawReference { held.raw }

        init(_ candidate: RegisterCandidate) { held = candidate }

        /// Of an instant so many are kept; of more the earliest received go.
        static let maximumCount = 16

        /// Takes one more. True when another reading holds.
        mutating func take(_ new: RegisterCandidate) -> Bool {
            var all = [held] + others
            let old = held.point
            if let same = all.firstIndex(where: { $0.says(new) }) {
                guard new.raw.supersedes(all[same].raw) else { return false }
                all[same] = new
            } else {
                all.append(new)
            }
            if all.count > Self.maximumCount, let first = all.indices.min(by: { all[$1].raw.supersedes(all[$0].raw) }) {
                all.remove(at: first)
            }
            set(all)
            return held.point != old
        }

        fileprivate mutating func move(to time: Int64) {
            held.point.at = time
            for index in others.indices { others[index].point.at = time }
        }

        fileprivate mutating func set(_ all: [RegisterCandidate]) {
            let index = RegisterCandidate.holding(all)
            held = all[index]
            others = all
            others.remove(at: index)
            // One order whatever the order of arrival.
            others.sort { $1.raw.supersedes($0.raw) }
        }
    }

    let channel: String
    /// Empty for the total.
    let tou: String
    let unit: MeasurementUnit
    /// Ascending by time.
    package private(set) var entries: [Entry] = []

    package init(channel: String, tou: String, unit: MeasurementUnit) {
        self.channel = channel
        self.tou = tou
        self.unit = unit
    }

    /// Takes a reading. Returns the span of time within which readings are neighbours of others than before; nil when nothing changed.
    package mutating func take(_ candidate: RegisterCandidate) -> Range<Int64>? {
        let point = candidate.point
        let index = firstIndex(from: point.at)
        let new = Entry(candidate)
        if index < entries.count, entries[index].point.at == point.at {
            return entries[index].take(candidate) ? span(around: index) : nil
        }
        let day = point.at.flooredQuotient(86_400)
        let lower = firstIndex(from: day * 86_400)
        let upper = firstIndex(from: (day + 1) * 86_400)
        if upper - lower >= 2, index > lower, index < upper { return nil }
        var replaced: Range<Int64>?
        var place = index
        if upper - lower >= 2 {
            // The new one is the first or the last of its day: the one it outdoes is dropped.
            let surplus = index == lower ? lower : upper - 1
            replaced = span(around: surplus)
            entries.remove(at: surplus)
            if surplus < place { place -= 1 }
        }
        entries.insert(new, at: place)
        let own = span(around: place)
        guard let replaced else { return own }
        return min(own.lowerBound, replaced.lowerBound)..<max(own.upperBound, replaced.upperBound)
    }

    /// The same with all times on the wall clock of a zone; readings of an hour that comes twice stay in their order.
    func onWallClock(_ zone: ZoneRules) -> RegisterRecord {
        var own = self
        for index in own.entries.indices {
            var time = WallClock.time(own.entries[index].point.at, zone)
            if index > 0 { time = max(time, own.entries[index - 1].point.at + 1) }
            own.entries[index].move(to: time)
        }
        return own
    }

    private func span(around index: Int) -> Range<Int64> {
        let from = entries[max(index - 1, 0)].point.at
        let to = entries[min(index + 1, entries.count - 1)].point.at
        return from..<max(to, from + 1)
    }

    /// Index of the first reading at an instant or after it.
    func firstIndex(from seconds: Int64) -> Int {
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].point.at < seconds { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Drops what is before an instant, but for the last reading before it.
    mutating func forget(before seconds: Int64) {
        let index = firstIndex(from: seconds)
        if index > 1 { entries.removeSubrange(..<(index - 1)) }
    }
}

extension RegisterRecord {
    func encode(into writer: inout CompactWriter) {
        writer.append(channel)
        writer.append(tou)
        writer.append(unit.rawValue)
        writer.append(count: entries.count)
        for entry in entries {
            writer.append(entry.point.at)
            writer.append(count: entry.others.count + 1)
            entry.held.encode(into: &writer)
            for other in entry.others { other.encode(into: &writer) }
        }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        let channel = try reader.text(bytes)
        let tou = try reader.text(bytes)
        guard let unit = MeasurementUnit(rawValue: try reader.byte(bytes)) else { throw .malformed("a unit") }
        self.init(channel: channel, tou: tou, unit: unit)
        let count = try reader.count(bytes)
        entries.reserveCapacity(count)
        for _ in 0..<count {
            let at: Int64 = try reader.integer(bytes)
            guard entries.last.map({ $0.point.at < at }) ?? true else { throw .malformed("readings out of order") }
            let candidateCount = try reader.count(bytes)
            guard candidateCount > 0 else { throw .malformed("an instant without a reading") }
            var all: [RegisterCandidate] = []
            for _ in 0..<candidateCount { all.append(try RegisterCandidate(at: at, &reader, bytes)) }
            var entry = Entry(all[0])
            entry.set(all)
            entries.append(entry)
        }
    }
}
