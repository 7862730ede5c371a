import HeadEndSimulator
import MeterCore
import PostgresIO

/// Holds the read model against the simulator's truth, interval by interval.
struct TruthComparison {
    private(set) var mismatches = 0
    /// The first ten, in words.
    private(set) var examples: [String] = []
    private(set) var rows = 0

    /// Compares every meter; intervals without a row and rows without an interval count.
    mutating func compare(
        _ truth: SimulationTruth,
        _ connection: inout PostgresConnection,
        progress: (Int) -> Void
    ) throws(PostgresError) {
        for meter in 0..<truth.plan.meters {
            let name = truth.plan.meterName(meter)
            let found = try connection.queryPrepared(
                """
                SELECT extract(epoch FROM interval_end)::bigint, value_e9, quality::integer, method FROM readings
                WHERE meter_id = $1 AND channel = $2 ORDER BY interval_end
                """,
                [.text(name), .text(SimulationPlan.channel)]
            )
            rows += found.count
            try compare(truth, meter, name, found)
            progress(meter + 1)
        }
    }

    private mutating func compare(
        _ truth: SimulationTruth,
        _ meter: Int,
        _ name: String,
        _ found: borrowing PostgresRows
    ) throws(PostgresError) {
        let outcomes = truth.outcomes[meter]
        var row = 0
        for index in outcomes.indices {
            let end = truth.intervalEnd(index).secondsSinceEpoch
            while row < found.count, try found.int64(row, 0) < end {
                note("\(name) \(Instant(secondsSinceEpoch: try found.int64(row, 0))): a row that should not be there")
                row += 1
            }
            guard row < found.count, try found.int64(row, 0) == end else {
                note("\(name) \(truth.intervalEnd(index)): no row, expected \(outcomes[index])")
                continue
            }
            let value = try found.optionalInt64(row, 1)
            let quality = try found.int32(row, 2)
            let isMatch = matches(
                outcomes[index],
                truth.billionths[meter][index],
                value: value,
                quality: quality,
                method: try found.text(row, 3)
            )
            if !isMatch {
                let expected = Quantity(billionths: truth.billionths[meter][index])
                let actual = value.map { Quantity(billionths: $0).description } ?? "null"
                note(
                    "\(name) \(truth.intervalEnd(index)): \(actual) quality \(quality), "
                        + "expected \(outcomes[index]) \(expected)"
                )
            }
            row += 1
        }
        for extra in row..<found.count {
            note("\(name) \(Instant(secondsSinceEpoch: try found.int64(extra, 0))): a row beyond the period")
        }
    }

    /// An estimate must be marked as one, and be the straight line where it says that it is a line; what other methods make of a gap depends
    /// on the history, which the truth does not know.
    private func matches(
        _ outcome: SimulationTruth.Outcome,
        _ billionths: Int64,
        value: Int64?,
        quality: Int32,
        method: String
    ) -> Bool {
        guard let quality = UInt8(exactly: quality).flatMap(Quality.init(rawValue:)) else { return false }
        switch outcome {
        case .validated: return quality == .validated && value == billionths
        case .failed: return quality == .failed && value == billionths
        case .estimated:
            guard quality.isEstimated, let value else { return false }
            return method == EstimationMethod.linear.name ? value == billionths : value >= 0
        case .missing:
            guard let value else { return quality == .missing }
            return quality.isEstimated && value >= 0
        }
    }

    private mutating func note(_ text: String) {
        mismatches += 1
        if examples.count < 10 { examples.append(text) }
    }
}
