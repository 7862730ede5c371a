import MeterCore

/// Writes the simulator's payloads in the documented JSON formats.
struct PayloadText: Sendable {
    static let intervalsMediaType = "application/vnd.meterlog.intervals+json"
    static let eventsMediaType = "application/vnd.meterlog.events+json"

    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    mutating func beginReadings() { append("{\"readings\":[") }
    mutating func endReadings() { append("]}") }
    mutating func beginEvents() { append("{\"events\":[") }
    mutating func endEvents() { append("]}") }

    mutating func appendReading(plan: SimulationPlan, meter: Int, intervals: Range<Int>, history: MeterHistory) {
        separate()
        append(
            "{\"meter\":\"\(plan.meterName(meter))\",\"channel\":\"\(SimulationPlan.channel)\",\"unit\":\"kWh\",\"zone\":\""
        )
        append(plan.zone.identifier)
        append("\",\"start\":\"")
        (plan.period.lowerBound + Int64(intervals.lowerBound * plan.intervalSeconds)).appendISO8601(to: &bytes)
        append("\",\"interval\":\(plan.intervalSeconds),\"values\":[")
        for index in intervals {
            if index > intervals.lowerBound { append(",") }
            if history.slots[index] == .missing {
                append("null")
            } else {
                Quantity(billionths: history.reportedWattHours[index] * 1_000_000).append(to: &bytes)
            }
        }
        append("]}")
    }

    mutating func appendEvent(meter: String, code: String, at instant: Instant) {
        separate()
        append("{\"meter\":\"\(meter)\",\"code\":\"\(code)\",\"time\":\"")
        instant.appendISO8601(to: &bytes)
        append("\"}")
    }

    private mutating func separate() {
        if needsComma { append(",") }
        needsComma = true
    }

    private mutating func append(_ text: String) {
        bytes.append(contentsOf: text.utf8)
    }
}
