/// What a kind of page selects, sorts by and can be filtered by. All SQL is written here as static text; values of a
/// request only ever become parameters.
struct PageDefinition: Sendable {
    /// A column of the sort key. Rows are told apart by the whole key.
    struct Key: Sendable {
        enum ValueType: Sendable {
            case text
            case integer
            case timestamp
        }
        let column: StaticString
        let type: ValueType
    }

    struct Filter: Sendable {
        enum ValueType: Sendable {
            case text
            /// Text that may be empty.
            case anyText
            /// One of these words.
            case word([String])
            case integer(ClosedRange<Int>)
            case boolean
            case timestamp
        }
        /// The query parameter.
        let parameter: String
        /// The condition, with a question mark where the value goes.
        let condition: StaticString
        let type: ValueType
    }

    let view: StaticString
    let columns: [StaticString]
    let keys: [Key]
    /// Newest first: all keys fall instead of rising.
    let isDescending: Bool
    let filters: [Filter]
    /// Rows are found through the channels of the meter, so that a page deep in a long history costs what the first
    /// one costs. Needs a `channel_key` in the view and `channel`, `interval_end` as the first two keys.
    let isByChannel: Bool

    /// The names of all parameters a request may give.
    var parameterNames: [String] { filters.map(\.parameter) + ["limit", "next", "format"] }

    static func of(_ kind: PageKind) -> PageDefinition {
        switch kind {
        case .meters: meters
        case .readings: readings
        case .readingsHistory: readingsHistory
        case .windows: windows
        case .dailyUsage: dailyUsage
        case .registers: registers
        case .alarms: alarms
        case .exceptions: exceptions
        case .exceptionCounts: exceptionCounts
        case .deadLetters: deadLetters
        case .payloads: payloads
        }
    }
}

extension PageDefinition {
    private static let channel = Filter(parameter: "channel", condition: "channel = ?", type: .text)
    private static let meter = Filter(parameter: "meter", condition: "meter_id = ?", type: .text)

    private static let meters = PageDefinition(
        view: "meters",
        columns: [
            "meter_id", "channel", "unit", "time_zone", "interval_seconds", "first_interval_end", "last_interval_end",
            "last_received_at",
        ],
        keys: [Key(column: "meter_id", type: .text), Key(column: "channel", type: .text)],
        isDescending: false,
        filters: [
            // The first half lets the index skip everything that sorts before the prefix.
            Filter(parameter: "prefix", condition: "(meter_id >= ? AND starts_with(meter_id, ?))", type: .text),
            channel,
        ],
        isByChannel: false
    )

    private static let readingColumns: [StaticString] = [
        "meter_id", "channel", "interval_start", "interval_end", "interval_seconds", "value", "unit", "quality",
        "quality_name", "method", "revision", "rule_set", "findings", "decided_at", "received_at", "raw_topic",
        "raw_partition", "raw_offset",
    ]

    /// An interval is in the range when it lies in it wholly: it starts at `from` or later and ends at `to` or earlier.
    /// A range from local midnight to local midnight is then exactly the intervals of that day.
    private static let intervalFilters: [Filter] = [
        channel,
        Filter(parameter: "from", condition: "interval_end > ? AND interval_start >= ?", type: .timestamp),
        Filter(parameter: "to", condition: "interval_end <= ?", type: .timestamp),
    ]

    private static let readings = PageDefinition(
        view: "readings",
        columns: readingColumns,
        keys: [Key(column: "channel", type: .text), Key(column: "interval_end", type: .timestamp)],
        isDescending: false,
        filters: intervalFilters,
        isByChannel: true
    )

    private static let readingsHistory = PageDefinition(
        view: "readings_history",
        columns: readingColumns + ["log_partition", "log_offset"],
        keys: [
            Key(column: "channel", type: .text), Key(column: "interval_end", type: .timestamp),
            Key(column: "revision", type: .integer), Key(column: "log_offset", type: .integer),
            Key(column: "log_partition", type: .integer),
        ],
        isDescending: false,
        filters: intervalFilters,
        isByChannel: true
    )

    private static let windows = PageDefinition(
        view: "windows",
        columns: [
            "meter_id", "channel", "window_start", "window_end", "time_zone", "expected", "validated", "estimated",
            "failed", "missing", "pending", "closed", "revision", "sum", "unit", "rule_set", "decided_at", "grade",
            "beyond_history", "failed_sum",
        ],
        keys: [Key(column: "channel", type: .text), Key(column: "window_start", type: .timestamp)],
        isDescending: false,
        filters: [channel] + windowFilters + [
            Filter(parameter: "closed", condition: "closed = ?", type: .boolean),
            Filter(parameter: "grade", condition: "grade = ?", type: .word(["none", "info", "warn", "fail"])),
        ],
        isByChannel: false
    )

    private static let dailyUsage = PageDefinition(
        view: "daily_usage",
        columns: [
            "meter_id", "channel", "day", "window_start", "window_end", "time_zone", "usage", "unit", "expected",
            "present", "closed", "estimated", "failed", "missing", "failed_energy",
        ],
        keys: [Key(column: "channel", type: .text), Key(column: "window_start", type: .timestamp)],
        isDescending: false,
        filters: [channel] + windowFilters,
        isByChannel: false
    )

    private static let windowFilters: [Filter] = [
        Filter(parameter: "from", condition: "window_start >= ?", type: .timestamp),
        Filter(parameter: "to", condition: "window_start < ?", type: .timestamp),
    ]

    private static let registers = PageDefinition(
        view: "registers",
        columns: [
            "meter_id", "channel", "tou", "read_at", "value", "unit", "quality", "quality_name", "derived", "revision",
            "base_read_at", "base_value", "intervals", "estimated", "rule_set", "decided_at", "received_at",
            "raw_topic",
            "raw_partition", "raw_offset",
        ],
        keys: [
            Key(column: "channel", type: .text), Key(column: "tou", type: .text),
            Key(column: "read_at", type: .timestamp),
        ],
        isDescending: false,
        filters: [
            channel,
            // Empty for the total.
            Filter(parameter: "tou", condition: "tou = ?", type: .anyText),
            Filter(parameter: "from", condition: "read_at >= ?", type: .timestamp),
            Filter(parameter: "to", condition: "read_at < ?", type: .timestamp),
            Filter(parameter: "derived", condition: "derived = ?", type: .boolean),
        ],
        isByChannel: false
    )

    private static let alarms = PageDefinition(
        view: "alarms",
        columns: [
            "id", "meter_id", "priority", "meaning", "event_type", "source_code", "occurred_at", "received_at", "text",
            "code_map_version", "raw_topic", "raw_partition", "raw_offset",
        ],
        keys: [Key(column: "occurred_at", type: .timestamp), Key(column: "id", type: .text)],
        isDescending: true,
        filters: [
            meter,
            Filter(parameter: "priority", condition: "priority = ?", type: .integer(0...9)),
            Filter(parameter: "meaning", condition: "meaning = ?", type: .text),
            Filter(parameter: "from", condition: "occurred_at >= ?", type: .timestamp),
            Filter(parameter: "to", condition: "occurred_at < ?", type: .timestamp),
        ],
        isByChannel: false
    )

    private static let exceptions = PageDefinition(
        view: "exceptions",
        columns: [
            "meter_id", "channel", "window_start", "window_end", "rule", "rule_name", "severity", "severity_name",
            "open", "first_interval_start", "interval_count", "observed", "limit_value", "code", "reason", "rule_set",
            "decided_at", "received_at", "raw_topic", "raw_partition", "raw_offset",
        ],
        keys: [
            Key(column: "window_start", type: .timestamp), Key(column: "meter_id", type: .text),
            Key(column: "channel", type: .text), Key(column: "rule", type: .integer),
        ],
        isDescending: true,
        filters: [
            meter, channel,
            Filter(parameter: "open", condition: "open = ?", type: .boolean),
            Filter(parameter: "rule", condition: "rule = ?", type: .integer(0...9999)),
            Filter(parameter: "from", condition: "window_start >= ?", type: .timestamp),
            Filter(parameter: "to", condition: "window_start < ?", type: .timestamp),
        ],
        isByChannel: false
    )

    private static let exceptionCounts = PageDefinition(
        view: "exception_counts",
        columns: [
            "rule", "rule_name", "severity", "severity_name", "open_count", "total_count", "open_meter_count",
            "open_interval_count", "last_decided_at",
        ],
        keys: [Key(column: "rule", type: .integer), Key(column: "severity", type: .integer)],
        isDescending: false,
        filters: [Filter(parameter: "rule", condition: "rule = ?", type: .integer(0...9999))],
        isByChannel: false
    )

    private static let deadLetters = PageDefinition(
        view: "dead_letters",
        columns: [
            "raw_topic", "raw_partition", "raw_offset", "received_at", "idempotency_key", "source", "format", "code",
            "reason", "stage", "partial", "rejected_lines", "lines", "payload_bytes",
        ],
        keys: [
            Key(column: "received_at", type: .timestamp), Key(column: "raw_topic", type: .text),
            Key(column: "raw_partition", type: .integer), Key(column: "raw_offset", type: .integer),
            Key(column: "stage", type: .text),
        ],
        isDescending: true,
        filters: [
            Filter(parameter: "code", condition: "code = ?", type: .text),
            Filter(parameter: "source", condition: "source = ?", type: .text),
            Filter(parameter: "stage", condition: "stage = ?", type: .text),
            Filter(parameter: "from", condition: "received_at >= ?", type: .timestamp),
            Filter(parameter: "to", condition: "received_at < ?", type: .timestamp),
        ],
        isByChannel: false
    )

    private static let payloads = PageDefinition(
        view: "payloads",
        columns: [
            "raw_topic", "raw_partition", "raw_offset", "received_at", "idempotency_key", "source", "format", "sha256",
            "outcome", "code", "payload_bytes", "channel_count", "interval_count", "register_count", "rejected_lines",
            "facts", "original_topic", "original_partition", "original_offset",
        ],
        keys: [
            Key(column: "received_at", type: .timestamp), Key(column: "raw_topic", type: .text),
            Key(column: "raw_partition", type: .integer), Key(column: "raw_offset", type: .integer),
        ],
        isDescending: true,
        filters: [
            Filter(parameter: "source", condition: "source = ?", type: .text),
            Filter(
                parameter: "outcome",
                condition: "outcome = ?",
                type: .word(["decoded", "duplicate", "refused"])
            ),
            Filter(parameter: "from", condition: "received_at >= ?", type: .timestamp),
            Filter(parameter: "to", condition: "received_at < ?", type: .timestamp),
        ],
        isByChannel: false
    )
}
