import MeterCore
import MeterEvents
import StreamCore

/// When a meter said that its power went and came back.
struct PowerEvents: Sendable, Equatable {
    struct Event: Sendable, Equatable {
        /// Seconds since 1970.
        var at: Int64
        var isDown: Bool
    }

    /// Ascending by time, each once.
    private(set) var events: [Event] = []

    /// An outage whose end is not known is taken for this long.
    private static let longestSeconds: Int64 = 7 * 86_400

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
        one.at == other.at ? one.isDown && !other.isDown : one.at < other.at
    }

    /// Spans without power, ascending, apart from each other. A second "down" without an "up" between changes nothing.
    var outages: [Range<Int64>] {
        var spans: [Range<Int64>] = []
        var since: Int64?
        for event in events {
            if event.isDown {
                if let held = since, event.at - held > Self.longestSeconds {
                    spans.append(held..<held + Self.longestSeconds)
                    since = event.at
                } else if since == nil {
                    since = event.at
                }
            } else if let held = since {
                let end = min(event.at, held + Self.longestSeconds)
                if end > held { spans.append(held..<end) }
                since = nil
            }
        }
        if let since { spans.append(since..<since + Self.longestSeconds) }
        return spans
    }

    mutating func forget(before seconds: Int64) {
        let surplus = events.prefix { $0.at < seconds }.count
        if surplus > 1 { events.removeFirst(surplus - 1) }
    }
}

extension PowerEvents {
    func encode(into writer: inout CompactWriter) {
        writer.append(count: events.count)
        for event in events {
            writer.append(event.at)
            writer.append(event.isDown)
        }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        let count = try reader.count(bytes)
        for _ in 0..<count {
            events.append(Event(at: try reader.integer(bytes), isDown: try reader.flag(bytes)))
        }
    }
}
