import HTTPServing
import HeadEndSimulator
import PostgresIO
import Telemetry

/// What the demo found, for people and for programs.
struct DemoReport: Sendable {
    /// Intervals that were measured, and what the read model says of them.
    struct Intervals: Sendable {
        var expected: Int64 = 0
        var validated: Int64 = 0
        var estimated: Int64 = 0
        var failed: Int64 = 0
        var missing: Int64 = 0
    }

    let payloads: Int
    let duplicates: Int64
    let deadLetters: Int64
    let intervals: Intervals
    let estimatedByMethod: [(method: String, count: Int64)]
    let alarms: [(priority: Int32, count: Int64)]
    let rows: Int
    let versions: Int64
    let mismatches: Int
    let examples: [String]
    let deliverySeconds: Double
    let totalSeconds: Double

    init(
        truth: SimulationTruth,
        comparison: TruthComparison,
        metrics: MetricsRegistry,
        database: DatabaseAccess,
        deliverySeconds: Double,
        totalSeconds: Double
    ) throws {
        var connection = try database.connect("meterlog-demo")
        payloads = truth.payloads
        duplicates = DemoReport.counter("duplicate_payloads_total", metrics)
        deadLetters = try DemoReport.count(&connection, "SELECT count(*) FROM dead_letters WHERE source = 'simulator'")
        intervals = try DemoReport.intervals(&connection, expected: truth.totals.reduce(0, +))
        estimatedByMethod = try DemoReport.methods(&connection)
        alarms = try DemoReport.alarms(&connection)
        versions = try DemoReport.count(
            &connection,
            "SELECT count(*) FROM readings_history WHERE meter_id LIKE 'SIM-%'"
        )
        rows = comparison.rows
        self.deliverySeconds = deliverySeconds
        self.totalSeconds = totalSeconds
        let expectedAlarms = Int64(truth.alarms)
        let foundAlarms = alarms.reduce(0) { $0 + $1.count }
        var mismatches = comparison.mismatches
        var examples = comparison.examples
        for (name, expected, found) in [
            ("alarms", expectedAlarms, foundAlarms), ("dead letters", Int64(truth.deadLetters), deadLetters),
        ] where expected != found {
            mismatches += 1
            examples.append("\(name): \(found), expected \(expected)")
        }
        self.mismatches = mismatches
        self.examples = examples
    }

    private static func counter(_ name: String, _ metrics: MetricsRegistry) -> Int64 {
        var total: Int64 = 0
        for processor in ["normalizer", "alarms"] {
            total += metrics.total(MetricName.processorCounter(processor, name))
        }
        return total
    }

    private static func count(_ connection: inout PostgresConnection, _ sql: String) throws -> Int64 {
        try connection.query(sql).int64(0, 0)
    }

    private static func intervals(_ connection: inout PostgresConnection, expected: Int) throws -> Intervals {
        let rows = try connection.query(
            """
            SELECT count(*) FILTER (WHERE quality_name = 'validated'),
                count(*) FILTER (WHERE quality_name LIKE 'estimated%'),
                count(*) FILTER (WHERE quality_name = 'failed'), count(*) FILTER (WHERE quality_name = 'missing')
            FROM readings WHERE meter_id LIKE 'SIM-%'
            """
        )
        return Intervals(
            expected: Int64(expected),
            validated: try rows.int64(0, 0),
            estimated: try rows.int64(0, 1),
            failed: try rows.int64(0, 2),
            missing: try rows.int64(0, 3)
        )
    }

    private static func methods(_ connection: inout PostgresConnection) throws -> [(method: String, count: Int64)] {
        let rows = try connection.query(
            """
            SELECT method, count(*) FROM readings WHERE meter_id LIKE 'SIM-%' AND quality_name LIKE 'estimated%'
            GROUP BY method ORDER BY method
            """
        )
        var result: [(method: String, count: Int64)] = []
        for row in 0..<rows.count { result.append((try rows.text(row, 0), try rows.int64(row, 1))) }
        return result
    }

    private static func alarms(_ connection: inout PostgresConnection) throws -> [(priority: Int32, count: Int64)] {
        let rows = try connection.query(
            """
            SELECT priority::integer, count(*) FROM alarms WHERE meter_id LIKE 'SIM-%' GROUP BY priority ORDER BY priority
            """
        )
        var result: [(priority: Int32, count: Int64)] = []
        for row in 0..<rows.count { result.append((try rows.int32(row, 0), try rows.int64(row, 1))) }
        return result
    }

    /// One JSON object.
    var json: String {
        var writer = JSONText()
        writer.beginObject()
        writer.member("payloads", Int64(payloads))
        writer.member("duplicates", duplicates)
        writer.member("deadLetters", deadLetters)
        writer.name("intervals")
        writer.beginObject()
        writer.member("expected", intervals.expected)
        writer.member("validated", intervals.validated)
        writer.member("estimated", intervals.estimated)
        writer.member("failed", intervals.failed)
        writer.member("missing", intervals.missing)
        writer.endObject()
        writer.member("alarms", alarms.reduce(0) { $0 + $1.count })
        writer.member("rows", Int64(rows))
        writer.member("mismatches", Int64(mismatches))
        writer.name("seconds")
        writer.raw(JSONNumber.text(totalSeconds))
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    /// A table and, where something is wrong, the first examples.
    var lines: [String] {
        var table = TextTable(header: ["what", "count", ""])
        table.add(["payloads sent", "\(payloads)", ""])
        table.add(["duplicates dropped", "\(duplicates)", ""])
        table.add(["dead letters", "\(deadLetters)", ""])
        table.add(["intervals", "\(intervals.expected)", ""])
        table.add(["  validated", "\(intervals.validated)", ""])
        for (method, count) in estimatedByMethod { table.add(["  estimated", "\(count)", method]) }
        table.add(["  failed", "\(intervals.failed)", ""])
        table.add(["  missing", "\(intervals.missing)", ""])
        for (priority, count) in alarms { table.add(["alarms", "\(count)", "priority \(priority)"]) }
        table.add(["rows in readings", "\(rows)", ""])
        table.add(["versions in readings_history", "\(versions)", ""])
        let delivered = Int(Double(intervals.expected) / max(deliverySeconds, 0.001))
        let total = Int(Double(intervals.expected) / max(totalSeconds, 0.001))
        table.add(["delivered", "\(JSONNumber.text(deliverySeconds)) s", "\(delivered) intervals/s"])
        table.add(["projected", "\(JSONNumber.text(totalSeconds)) s", "\(total) intervals/s end to end"])
        table.add(["mismatches with the truth", "\(mismatches)", ""])
        return table.lines + examples.map { "  \($0)" }
    }
}
