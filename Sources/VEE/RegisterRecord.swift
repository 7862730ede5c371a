import MeterCore
import MeterEvents
import RuleSets
import StreamCore

/// The kept readings of one register of a meter.
///
/// Of each UTC day the first and the last reading are kept: which ones are does not depend on the order of arrival.
struct RegisterRecord: Sendable, Equatable {
    struct Entry: Sendable, Equatable {
        var point: RegisterPoint
        var raw: RawReference
    }

    let channel: String
    /// Empty for the total.
    let tou: String
    let unit: MeasurementUnit
    /// Ascending by time.
    private(set) var entries: [Entry] = []

    init(channel: String, tou: String, unit: MeasurementUnit) {
        self.channel = channel
        self.tou = tou
        self.unit = unit
    }

    /// Takes a reading. Returns the span of time within which readings are neighbours of others than before; nil when nothing changed.
    mutating func take(_ point: RegisterPoint, _ raw: RawReference) -> Range<Int64>? {
        let index = firstIndex(from: point.at)
        let new = Entry(point: point, raw: raw)
        if index < entries.count, entries[index].point.at == point.at {
            let held = entries[index]
            guard held.point != point,
                raw.supersedes(held.raw) || (!held.raw.supersedes(raw) && point.value > held.point.value)
            else { return nil }
            entries[index] = new
            return span(around: index)
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
            own.entries[index].point.at = time
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
            writer.append(entry.point.value)
            writer.append(entry.point.quality)
            writer.append(entry.point.meterClock != nil)
            if let clock = entry.point.meterClock { writer.append(clock) }
            entry.raw.encode(into: &writer)
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
            var point = RegisterPoint(at: try reader.integer(bytes), value: try reader.integer(bytes))
            point.quality = try reader.byte(bytes)
            if try reader.flag(bytes) { point.meterClock = try reader.integer(bytes) }
            guard entries.last.map({ $0.point.at < point.at }) ?? true else {
                throw .malformed("readings out of order")
            }
            entries.append(Entry(point: point, raw: try RawReference(&reader, bytes)))
        }
    }
}
