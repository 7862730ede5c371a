import MeterCore
import MeterEvents
import StreamCore

/// Spans of time whose begins and ends a device reports one by one: without power, under test.
struct ReportedSpans: Sendable, Equatable {
    struct Event: Sendable, Equatable {
        /// Seconds since 1970.
        var at: Int64
        var isBegin: Bool
    }

    /// A span whose end is not known is taken for this long, seconds.
    let longestSeconds: Int64
    /// Ascending by time, each once.
    private(set) var events: [Event] = []

    init(longestSeconds: Int64) {
        self.longestSeconds = longestSeconds
    }

    /// Without power: a week at the longest.
    static var outages: ReportedSpans { ReportedSpans(longestSeconds: 7 * 86_400) }
    /// Under test: a day at the longest.
    static var tests: ReportedSpans { ReportedSpans(longestSeconds: 86_400) }

    /// Adds an event; of too many the oldest go. False when it is there already.
    mutating func add(_ event: Event, maximumCount: Int) -> Bool {
        var index = events.count
        while index > 0, Self.precedes(event, events[index - 1]) { index -= 1 }
        if index > 0, events[index - 1] == event { return false }
        events.insert(event, at: index)
        if events.count > maximumCount { events.removeFirst() }
        return true
    }

    private static func precedes(_ one: Event, _ other: Event) -> Bool {
        one.at == other.at ? one.isBegin && !other.isBegin : one.at < other.at
    }

    /// Ascending, apart from each other. A second begin without an end between changes nothing.
    var spans: [Range<Int64>] {
        var spans: [Range<Int64>] = []
        var since: Int64?
        for event in events {
            if event.isBegin {
                if let held = since, event.at - held > longestSeconds {
                    spans.append(held..<held + longestSeconds)
                    since = event.at
                } else if since == nil {
                    since = event.at
                }
            } else if let held = since {
                let end = min(event.at, held + longestSeconds)
                if end > held { spans.append(held..<end) }
                since = nil
            }
        }
        if let since { spans.append(since..<since + longestSeconds) }
        return spans
    }
}

extension ReportedSpans {
    func encode(into writer: inout CompactWriter) {
        writer.append(count: events.count)
        for event in events {
            writer.append(event.at)
            writer.append(event.isBegin)
        }
    }

    mutating func read(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        let count = try reader.count(bytes)
        for _ in 0..<count {
            events.append(Event(at: try reader.integer(bytes), isBegin: try reader.flag(bytes)))
        }
    }
}
