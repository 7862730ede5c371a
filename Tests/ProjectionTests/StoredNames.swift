import MeterCore
import MeterEvents

/// Every number that the tables store for a name, with the SQL function that gives the name.
enum StoredNames {
    static var all: [(function: String, number: Int16, name: String)] {
        Quality.allCases.map { ("meterlog_quality_name", Int16($0.rawValue), $0.name) }
            + [("meterlog_quality_name", Int16(ValidatedIntervals.withdrawn), "withdrawn")]
            + PayloadOutcomeEvent.Outcome.allCases.map { ("meterlog_outcome_name", Int16($0.rawValue), "\($0)") }
            + EstimationMethod.allCases.map { ("meterlog_method_name", Int16($0.rawValue), $0.name) }
            + MeasurementUnit.allCases.map { ("meterlog_unit_symbol", Int16($0.rawValue), $0.symbol) }
            + Severity.allCases.map { ("meterlog_severity_name", Int16($0.rawValue), $0.name) }
            + Severity.allCases.map { ("meterlog_grade_name", Int16($0.rawValue), $0.name) }
            + [("meterlog_grade_name", 0, "none")]
            + [RawReference.Lane.interval, .alarm].map { ("meterlog_raw_topic", Int16($0.rawValue), $0.topic) }
    }
}
