import MeterCore

/// How far apart the stamps of a table's meters are: what its interval length must be, or cannot be.
struct IntervalSpacing {
    /// How often each distance comes, in seconds.
    private var counts: [Int64: Int] = [:]
    private var total = 0

    /// Distances alike in a row that are taken for a grid and not for single stamps off theirs.
    private static let runLength = 3

    /// Takes in the stamps of one meter and channel, in any order, in local seconds: so the changes of the clock do not show.
    mutating func add(_ stamps: [Int64]) {
        for distance in Self.distances(stamps) {
            counts[distance, default: 0] += 1
            total += 1
        }
    }

    /// The interval length that the stamps show: the distance of three in four of them. Nil where they show none, or are too few to.
    var learned: Int32? {
        let byCount = counts.sorted { ($0.value, $1.key) > ($1.value, $0.key) }
        guard total >= Self.runLength, let first = byCount.first, first.value * 4 >= total * 3,
            TimeField.intervalRange.contains(Int(first.key))
        else { return nil }
        return Int32(first.key)
    }

    /// The distance at which stamps of one meter and channel follow each other although intervals of the stated length would overlap
    /// then; nil where they do not. A few stamps off the grid are not meant: a grid is.
    static func overlap(_ stamps: [Int64], intervalSeconds: Int32) -> Int64? {
        let distances = distances(stamps)
        let limit = Int64(intervalSeconds) / 2
        if let first = distances.first, (60...max(60, limit)).contains(first), first <= limit,
            distances.allSatisfy({ $0 == first })
        {
            return first
        }
        var run = 0
        var last: Int64 = 0
        for distance in distances {
            run = distance == last ? run + 1 : 1
            last = distance
            if run >= runLength, distance <= limit { return distance }
        }
        return nil
    }

    /// Distances between the stamps, in ascending order of time, each stamp once.
    private static func distances(_ stamps: [Int64]) -> [Int64] {
        var ordered = stamps
        if !isAscending(stamps) { ordered.sort() }
        var result: [Int64] = []
        result.reserveCapacity(ordered.count)
        for (left, right) in zip(ordered, ordered.dropFirst()) where right > left { result.append(right - left) }
        return result
    }

    private static func isAscending(_ stamps: [Int64]) -> Bool {
        for index in stamps.indices.dropFirst() where stamps[index] < stamps[index - 1] { return false }
        return true
    }

    /// `15 minutes`, as an option or parameter wants it: `15m`.
    static func name(_ seconds: Int64) -> String {
        if seconds % 86_400 == 0 { return "\(seconds / 86_400) d" }
        if seconds % 3600 == 0 { return "\(seconds / 3600) h" }
        if seconds % 60 == 0 { return "\(seconds / 60) minutes" }
        return "\(seconds) s"
    }
}
