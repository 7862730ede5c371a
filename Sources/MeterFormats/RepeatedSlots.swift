import MeterCore

/// Where the values of a batch come from: the line or list element of each run of them.
struct ValueOrigins {
    private var firsts: [Int] = []
    private var lines: [Int] = []

    /// From value `first` on the values are of `line`.
    mutating func begin(line: Int, first: Int) {
        // Values that were dropped again are of no line.
        while let last = firsts.last, last >= first {
            firsts.removeLast()
            lines.removeLast()
        }
        firsts.append(first)
        lines.append(line)
    }

    func line(of value: Int) -> Int {
        var low = 0
        var high = firsts.count
        while low < high {
            let middle = (low + high) / 2
            if firsts[middle] <= value { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? lines[low - 1] : 1
    }
}

extension ReadingBatch {
    private struct Channel: Hashable {
        var meter: String
        var channel: String
        var unit: MeasurementUnit
        var intervalSeconds: Int32
    }

    private struct Slot: Hashable {
        var place: Int64
        var version: Int64
    }

    /// Two lines, the first of which is told.
    private struct Repetition: Hashable {
        var line: Int
        var other: Int
        var isSame: Bool
    }

    /// Leaves one value for each interval of a channel where lines or elements give several of one version: the later one, or the one that
    /// is there where the other says that there is none. The lines are told.
    ///
    /// - Parameter origins: the line or element of each value.
    mutating func settleRepeatedSlots(_ origins: ValueOrigins) {
        var channels: [Channel: [Int]] = [:]
        var order: [Channel] = []
        for (index, own) in series.enumerated() {
            let channel = Channel(
                meter: own.meter,
                channel: own.channel,
                unit: own.unit,
                intervalSeconds: own.intervalSeconds
            )
            if channels[channel] == nil { order.append(channel) }
            channels[channel, default: []].append(index)
        }
        var dropped: [Int] = []
        var told: [Repetition: Int] = [:]
        for channel in order {
            let own = channels[channel] ?? []
            let grid = SlotGrid(intervalSeconds: channel.intervalSeconds)
            if areInOrder(own, grid) { continue }
            dropRepeated(of: own, grid, origins, &dropped, &told)
        }
        guard !dropped.isEmpty else { return }
        for (repetition, count) in told.sorted(by: { ($0.key.line, $0.key.other) < ($1.key.line, $1.key.other) }) {
            tell(repetition, count)
        }
        remove(Set(dropped))
        sortRejects()
    }

    private mutating func tell(_ repetition: Repetition, _ count: Int) {
        let (line, other) = (repetition.line, repetition.other)
        let error =
            repetition.isSame
            ? DecodeError(.duplicateLine, "\(count) values that line or element \(other) has as well")
            : DecodeError(.slotTwice, "\(count) intervals have another value in line or element \(other), which holds")
        reject(error, line: line)
    }

    /// Whether the values of these series follow each other in time, so that no interval can come twice.
    private func areInOrder(_ indices: [Int], _ grid: SlotGrid) -> Bool {
        var last = Int64.min
        for index in indices {
            for value in series[index].values {
                let place = place(of: value, series[index], grid)
                guard place > last else { return false }
                last = place
            }
        }
        return true
    }

    private func dropRepeated(
        of indices: [Int],
        _ grid: SlotGrid,
        _ origins: ValueOrigins,
        _ dropped: inout [Int],
        _ told: inout [Repetition: Int]
    ) {
        var holders: [Slot: Int] = [:]
        let missing = Quality.missing.rawValue
        for index in indices {
            for value in series[index].values {
                let slot = Slot(place: place(of: value, series[index], grid), version: sourceVersion[value])
                guard let holder = holders[slot] else {
                    holders[slot] = value
                    continue
                }
                let isSame =
                    billionths[value] == billionths[holder] && quality[value] == quality[holder]
                    && sourceStatus[value] == sourceStatus[holder] && flags[value] == flags[holder]
                let holds = isSame || (quality[value] == missing && quality[holder] != missing) ? holder : value
                let loser = holds == holder ? value : holder
                dropped.append(loser)
                holders[slot] = holds
                let repetition = Repetition(
                    line: origins.line(of: loser),
                    other: origins.line(of: holds),
                    isSame: isSame
                )
                told[repetition, default: 0] += 1
            }
        }
    }

    private func place(of value: Int, _ series: Series, _ grid: SlotGrid) -> Int64 {
        grid.place(of: endSeconds[value] - Int64(series.intervalSeconds))
    }
}
