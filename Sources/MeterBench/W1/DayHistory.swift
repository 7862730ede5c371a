import StreamCore

/// The valid values of up to three days of one channel, for like-day means.
///
/// Values are kept with as many decimals as fit 31 bits, days by their start, the latest three.
struct DayHistory: Sendable, Equatable {
    static let dayLimit = 3
    /// Stands for an interval without a valid value.
    private static let none = Int32.min

    private struct Day: Sendable, Equatable {
        var start: Int64
        var decimals: Int32
        /// Which stretch of `values` is this day's.
        var place: Int32
    }

    let identity: Hash128
    private var intervalSeconds: Int32
    private var slotCount: Int32
    /// Ascending by start.
    private var days: [Day] = []
    private var values: [Int32] = []

    init(identity: Hash128) {
        self.identity = identity
        intervalSeconds = 0
        slotCount = 0
    }

    /// Checks and estimates a day with what is kept, and keeps it.
    mutating func validate(_ day: inout DayMessage) -> DayValidation.Outcome {
        prepare(intervalSeconds: day.intervalSeconds, slotCount: day.count)
        let outcome = DayValidation.run(&day, self)
        keep(day, decimals: outcome.decimals, largest: outcome.largest)
        return outcome
    }

    /// The mean of a slot over the kept days before `start`, with the given decimals; nil when none of them has a valid value.
    func mean(ofSlot slot: Int, before start: Int64, decimals: Int) -> Int64? {
        var sum: Int64 = 0
        var count: Int64 = 0
        for day in days where day.start < start {
            let value = values[Int(day.place) * Int(slotCount) + slot]
            guard value != DayHistory.none else { continue }
            sum += PowersOfTen.rescale(Int64(value), from: Int(day.decimals), to: decimals)
            count += 1
        }
        return count == 0 ? nil : PowersOfTen.rounded(sum, dividedBy: count)
    }

    /// Makes room for days of this shape: days of another shape are forgotten, because their slots are other times of day.
    private mutating func prepare(intervalSeconds: Int64, slotCount: Int) {
        guard self.intervalSeconds != Int32(intervalSeconds) || self.slotCount != Int32(slotCount) else { return }
        self.intervalSeconds = Int32(intervalSeconds)
        self.slotCount = Int32(slotCount)
        days.removeAll()
        values.removeAll()
    }

    /// Keeps the valid values of a day, instead of the same day kept before, or of the earliest day when three later ones are there.
    private mutating func keep(_ day: borrowing DayMessage, decimals: Int, largest: Int64) {
        var kept = decimals
        var limit = largest
        while limit >= Int64(Int32.max), kept > 0 {
            limit /= 10
            kept -= 1
        }
        guard let place = place(forDay: day.start, decimals: kept) else { return }
        let count = Int(slotCount)
        let base = Int(place) * count
        let slots = day.slots.span
        var values = values.mutableSpan
        for index in 0..<count {
            let slot = slots[index]
            var value = slot.mantissa
            if kept != decimals { value = PowersOfTen.rescale(value, from: decimals, to: kept) }
            values[base + index] = slot.quality == W1Quality.valid ? Int32(truncatingIfNeeded: value) : DayHistory.none
        }
    }

    private mutating func place(forDay start: Int64, decimals: Int) -> Int32? {
        if let found = days.firstIndex(where: { $0.start == start }) {
            days[found].decimals = Int32(decimals)
            return days[found].place
        }
        var place = Int32(days.count)
        if days.count == DayHistory.dayLimit {
            guard days[0].start < start else { return nil }
            place = days.removeFirst().place
        } else {
            values.append(contentsOf: repeatElement(DayHistory.none, count: Int(slotCount)))
        }
        let index = days.firstIndex { $0.start > start } ?? days.count
        days.insert(Day(start: start, decimals: Int32(decimals), place: place), at: index)
        return place
    }

    func encode(into writer: inout StateWriter) {
        writer.append(identity.high)
        writer.append(identity.low)
        writer.append(intervalSeconds)
        writer.append(slotCount)
        writer.append(UInt8(days.count))
        for day in days {
            writer.append(day.start)
            writer.append(day.decimals)
            let base = Int(day.place) * Int(slotCount)
            for index in base..<base + Int(slotCount) { writer.append(values[index]) }
        }
    }

    init(from bytes: Span<UInt8>, reader: inout StateReader) throws(StateError) {
        let high = try reader.read(UInt64.self, from: bytes)
        identity = Hash128(high: high, low: try reader.read(UInt64.self, from: bytes))
        intervalSeconds = try reader.read(Int32.self, from: bytes)
        slotCount = try reader.read(Int32.self, from: bytes)
        guard (0...Int32(DayMessage.slotLimit)).contains(slotCount) else { throw .malformed("\(slotCount) slots") }
        let count = try reader.read(UInt8.self, from: bytes)
        guard Int(count) <= DayHistory.dayLimit else { throw .malformed("\(count) days") }
        for place in 0..<Int32(count) {
            let start = try reader.read(Int64.self, from: bytes)
            let decimals = try reader.read(Int32.self, from: bytes)
            guard (0...9).contains(decimals) else { throw .malformed("\(decimals) decimals") }
            if let last = days.last, last.start >= start { throw .malformed("days out of order") }
            days.append(Day(start: start, decimals: decimals, place: place))
            for _ in 0..<slotCount { values.append(try reader.read(Int32.self, from: bytes)) }
        }
    }
}
