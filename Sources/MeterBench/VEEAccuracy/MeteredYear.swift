import MeterCore

/// Consecutive intervals of one real meter, the truth of a measurement.
package struct MeteredYear: Sendable {
    package var meter: String
    package var zone: String
    /// Start of the first interval, seconds since 1970.
    package var startSecond: Int64
    package var intervalSeconds: Int64
    /// In billionths of a kWh; nil where the data has none.
    package var billionths: [Int64?]

    package init(meter: String, zone: String, startSecond: Int64, intervalSeconds: Int64, billionths: [Int64?]) {
        self.meter = meter
        self.zone = zone
        self.startSecond = startSecond
        self.intervalSeconds = intervalSeconds
        self.billionths = billionths
    }

    package var count: Int { billionths.count }

    func start(of index: Int) -> Int64 { startSecond + Int64(index) * intervalSeconds }

    func index(of second: Int64) -> Int? {
        let distance = second - startSecond
        guard distance >= 0, distance % intervalSeconds == 0, distance / intervalSeconds < Int64(count) else {
            return nil
        }
        return Int(distance / intervalSeconds)
    }

    /// Whether all of the intervals are known.
    func isWhole(_ range: Range<Int>) -> Bool {
        guard range.lowerBound >= 0, range.upperBound <= count else { return false }
        return billionths[range].allSatisfy { $0 != nil }
    }

    /// Mean of what is known, kWh an interval; 0 when nothing is.
    var mean: Double {
        var sum = 0.0
        var known = 0
        for case let value? in billionths {
            sum += Double(value) / 1e9
            known += 1
        }
        return known == 0 ? 0 : sum / Double(known)
    }
}
