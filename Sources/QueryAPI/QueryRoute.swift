/// What a path asks for.
package enum QueryRoute: Equatable {
    case health
    case metrics
    case meter(String)
    /// One payload by its idempotency key or its place in the raw topic.
    case payload(String)
    /// A page of rows, of one meter where the path names one.
    case page(PageKind, meter: String?)

    /// The route of a path as sent (percent-encoded), nil when there is nothing.
    package init?(path: String) {
        if path == "/metrics" {
            self = .metrics
            return
        }
        var segments: [String] = []
        for segment in path.split(separator: "/", omittingEmptySubsequences: false).dropFirst() {
            guard let text = PercentText.decode(segment) else { return nil }
            segments.append(text)
        }
        guard segments.starts(with: ["api", "v1"]) else { return nil }
        segments.removeFirst(2)
        switch (segments.first, segments.count) {
        case ("health", 1): self = .health
        case ("meters", 1): self = .page(.meters, meter: nil)
        case ("alarms", 1): self = .page(.alarms, meter: nil)
        case ("exceptions", 1): self = .page(.exceptions, meter: nil)
        case ("exceptions", 2) where segments[1] == "counts": self = .page(.exceptionCounts, meter: nil)
        case ("deadletters", 1): self = .page(.deadLetters, meter: nil)
        case ("payloads", 1): self = .page(.payloads, meter: nil)
        case ("payloads", 2) where !segments[1].isEmpty: self = .payload(segments[1])
        case ("payloads", 4): self = .payload(segments[1...].joined(separator: "/"))
        case ("meters", 2...) where !segments[1].isEmpty:
            self.init(meter: segments[1], rest: Array(segments.dropFirst(2)))
        default: return nil
        }
    }

    private init?(meter: String, rest: [String]) {
        switch rest {
        case []: self = .meter(meter)
        case ["readings"]: self = .page(.readings, meter: meter)
        case ["readings", "history"]: self = .page(.readingsHistory, meter: meter)
        case ["windows"]: self = .page(.windows, meter: meter)
        case ["usage"]: self = .page(.dailyUsage, meter: meter)
        case ["registers"]: self = .page(.registers, meter: meter)
        default: return nil
        }
    }

    /// The route in a metric's label: no meter ids.
    var label: String {
        switch self {
        case .health: "health"
        case .metrics: "metrics"
        case .meter: "meter"
        case .payload: "payload"
        case .page(let kind, _): kind.rawValue
        }
    }
}

/// The kinds of rows there are pages of.
package enum PageKind: String, CaseIterable {
    case meters
    case readings
    case readingsHistory = "readings_history"
    case windows
    case dailyUsage = "daily_usage"
    case registers
    case alarms
    case exceptions
    case exceptionCounts = "exception_counts"
    case deadLetters = "dead_letters"
    case payloads
}
