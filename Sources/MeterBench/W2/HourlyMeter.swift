import StreamCore

/// The quarter-hours of one meter in the four hours that may still matter: two that can be open, one on each side for estimates.
struct HourlyMeter: Sendable, Equatable {
    static let hoursKept: Int64 = 4
    static let slotsInHour = 4
    /// Decimals of values and sums.
    static let decimals = 9

    struct Hour: Sendable, Equatable {
        /// Hours since 1970-01-01T00:00:00Z; -1 for none.
        var number: Int64 = -1
        /// Bit i: slot i has a value.
        var present: UInt8 = 0
        /// In billionths.
        var values: [4 of Int64] = [0, 0, 0, 0]

        static func == (left: Hour, right: Hour) -> Bool {
            guard left.number == right.number, left.present == right.present else { return false }
            for slot in 0..<HourlyMeter.slotsInHour where left.values[slot] != right.values[slot] { return false }
            return true
        }

        func value(_ slot: Int) -> Int64? { present >> UInt8(slot) & 1 == 1 ? values[slot] : nil }
    }

    /// What a closed window comes to.
    struct Sum: Sendable, Equatable {
        /// In billionths, estimates included.
        var total: Int64 = 0
        /// Measured intervals.
        var count = 0
        var estimated = 0
    }

    let identity: Hash128
    /// Where the meter's name stands among the processor's names.
    let name: Range<Int>
    private var hours: [4 of Hour] = [Hour(), Hour(), Hour(), Hour()]

    init(identity: Hash128, name: Range<Int>) {
        self.identity = identity
        self.name = name
    }

    static func == (left: HourlyMeter, right: HourlyMeter) -> Bool {
        guard left.identity == right.identity, left.name == right.name else { return false }
        for place in 0..<Int(hoursKept) where left.hours[place] != right.hours[place] { return false }
        return true
    }

    enum Insertion {
        /// The first interval of a window.
        case opened
        case added
        case duplicate
    }

    /// Puts a value in its slot, unless there is one.
    @inline(__always)
    mutating func insert(_ value: Int64, hour: Int64, slot: Int) -> Insertion {
        let place = Int(hour & (HourlyMeter.hoursKept - 1))
        let isNew = hours[place].number != hour
        if isNew { hours[place] = Hour(number: hour) }
        guard hours[place].value(slot) == nil else { return .duplicate }
        hours[place].present |= 1 << UInt8(slot)
        hours[place].values[slot] = value
        return isNew ? .opened : .added
    }

    private func value(hour: Int64, slot: Int) -> Int64? {
        let place = Int(hour & (HourlyMeter.hoursKept - 1))
        return hours[place].number == hour ? hours[place].value(slot) : nil
    }

    /// Sum and count of an hour; one or two missing intervals are estimated linearly between their neighbours, in the hours beside
    /// this one too, where both are there.
    func sum(ofHour hour: Int64) -> Sum {
        var sum = Sum()
        for slot in 0..<HourlyMeter.slotsInHour {
            guard let value = value(hour: hour, slot: slot) else { continue }
            sum.total += value
            sum.count += 1
        }
        guard sum.count == 2 || sum.count == 3 else { return sum }
        var slot = 0
        while slot < HourlyMeter.slotsInHour {
            guard value(hour: hour, slot: slot) == nil else {
                slot += 1
                continue
            }
            var end = slot + 1
            while end < HourlyMeter.slotsInHour, value(hour: hour, slot: end) == nil { end += 1 }
            estimate(slot..<end, hour, &sum)
            slot = end
        }
        return sum
    }

    private func estimate(_ gap: Range<Int>, _ hour: Int64, _ sum: inout Sum) {
        let before =
            gap.lowerBound > 0
            ? value(hour: hour, slot: gap.lowerBound - 1)
            : value(hour: hour - 1, slot: HourlyMeter.slotsInHour - 1)
        let after =
            gap.upperBound < HourlyMeter.slotsInHour
            ? value(hour: hour, slot: gap.upperBound) : value(hour: hour + 1, slot: 0)
        guard let before, let after else { return }
        for step in 1...gap.count {
            sum.total +=
                before + PowersOfTen.rounded((after - before) * Int64(step), dividedBy: Int64(gap.count + 1))
        }
        sum.estimated += gap.count
    }

    func encode(into writer: inout StateWriter) {
        writer.append(identity.high)
        writer.append(identity.low)
        writer.append(UInt32(name.count))
        for place in 0..<Int(HourlyMeter.hoursKept) {
            writer.append(hours[place].number)
            guard hours[place].number >= 0 else { continue }
            writer.append(hours[place].present)
            for slot in 0..<HourlyMeter.slotsInHour { writer.append(hours[place].values[slot]) }
        }
    }

    /// - Parameter nameStart: where the name, whose length is in the state, begins.
    init(from bytes: Span<UInt8>, reader: inout StateReader, nameStart: Int) throws(StateError) {
        let high = try reader.read(UInt64.self, from: bytes)
        identity = Hash128(high: high, low: try reader.read(UInt64.self, from: bytes))
        name = nameStart..<nameStart + Int(try reader.read(UInt32.self, from: bytes))
        for place in 0..<Int(HourlyMeter.hoursKept) {
            let number = try reader.read(Int64.self, from: bytes)
            guard number >= 0 else { continue }
            guard Int(number & (HourlyMeter.hoursKept - 1)) == place else { throw .malformed("hour out of place") }
            hours[place].number = number
            hours[place].present = try reader.read(UInt8.self, from: bytes)
            for slot in 0..<HourlyMeter.slotsInHour {
                hours[place].values[slot] = try reader.read(Int64.self, from: bytes)
            }
        }
    }
}
