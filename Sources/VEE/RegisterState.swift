import MeterCore
import MeterEvents
import RuleSets
import StreamCore

/// A register of a meter with what the rules on registers said of it.
struct RegisterState: Sendable, Equatable {
    var record: RegisterRecord
    /// The latest readings, all of them, ascending by time: what tells a reading that only repeats the one before it.
    private(set) var recent: [RegisterPoint] = []
    /// Instants of readings that only repeated the one before, ascending.
    private(set) var staleAt: [Int64] = []
    var exceptions: [RegisterException] = []
    /// All readings went on from each other when they were put to the rules last.
    var isPlain = true
    /// What went out for the ends of windows, ascending by time.
    private(set) var derived: [DerivedReading] = []

    private static let maximumRecent = 32
    private static let maximumStale = 256

    init(_ record: RegisterRecord) {
        self.record = record
    }

    /// Keeps what follows for the end of a window. Returns its revision; nil when it is what went out last, or nothing as before.
    mutating func keep(_ new: DerivedReading) -> UInt32? {
        var index = derived.count
        while index > 0, derived[index - 1].at >= new.at { index -= 1 }
        var new = new
        if index < derived.count, derived[index].at == new.at {
            if derived[index].saysTheSame(as: new) { return nil }
            new.revision = derived[index].revision + 1
            derived[index] = new
        } else {
            if new.quality == Quality.missing.rawValue { return nil }
            new.revision = 1
            derived.insert(new, at: index)
        }
        return new.revision
    }

    /// Forgets what went out for instants before one: the windows that end there are forgotten too and don't come back.
    mutating func forgetDerived(before seconds: Int64) {
        derived.removeAll { $0.at < seconds }
    }

    /// Notes a reading for V06. True when other readings are stale than before.
    mutating func note(_ point: RegisterPoint, _ rule: StaleSnapshotRule) -> Bool {
        guard point.meterClock != nil else { return false }
        var index = recent.count
        while index > 0, recent[index - 1].at >= point.at { index -= 1 }
        if index < recent.count, recent[index].at == point.at { return false }
        recent.insert(point, at: index)
        if recent.count > Self.maximumRecent { recent.removeFirst() }
        guard let first = recent.first else { return false }
        var stale = staleAt.filter { $0 <= first.at }
        for index in recent.indices.dropFirst() where rule.isStale(recent[index], after: recent[index - 1]) {
            stale.append(recent[index].at)
        }
        if stale.count > Self.maximumStale { stale.removeFirst(stale.count - Self.maximumStale) }
        guard stale != staleAt else { return false }
        staleAt = stale
        return true
    }
}

extension RegisterState {
    func encode(into writer: inout CompactWriter) {
        record.encode(into: &writer)
        writer.append(count: recent.count)
        for point in recent {
            writer.append(point.at)
            writer.append(point.value)
            writer.append(point.quality)
            writer.append(point.meterClock ?? 0)
        }
        writer.append(count: staleAt.count)
        for instant in staleAt { writer.append(instant) }
        writer.append(count: exceptions.count)
        for exception in exceptions { exception.encode(into: &writer) }
        writer.append(isPlain)
        writer.append(count: derived.count)
        for reading in derived { reading.encode(into: &writer) }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        record = try RegisterRecord(&reader, bytes)
        let recentCount = try reader.count(bytes)
        for _ in 0..<recentCount {
            var point = RegisterPoint(at: try reader.integer(bytes), value: try reader.integer(bytes))
            point.quality = try reader.byte(bytes)
            point.meterClock = try reader.integer(bytes)
            recent.append(point)
        }
        let staleCount = try reader.count(bytes)
        for _ in 0..<staleCount { staleAt.append(try reader.integer(bytes)) }
        let exceptionCount = try reader.count(bytes)
        for _ in 0..<exceptionCount { exceptions.append(try RegisterException(&reader, bytes)) }
        isPlain = try reader.flag(bytes)
        let derivedCount = try reader.count(bytes)
        for _ in 0..<derivedCount { derived.append(try DerivedReading(&reader, bytes)) }
    }
}
