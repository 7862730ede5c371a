import HTTPServing
import StreamCore

/// Shows how far groups are behind, as a table or as JSON.
package struct LagReport {
    let lags: [GroupLag]

    package init(lags: [GroupLag]) {
        self.lags = lags
    }

    package var lines: [String] {
        guard !lags.isEmpty else { return ["no consumer groups"] }
        var table = TextTable(header: [
            "group", "topic", "partition", "committed", "end", "lag", "behind", "member", "host",
        ])
        for lag in lags {
            for one in lag.partitions {
                table.add([
                    lag.group, one.partition.topic, String(one.partition.partition),
                    one.committed.map { String($0) } ?? "-", String(one.end), String(one.lagRecords),
                    Self.duration(one.ageMilliseconds), one.member ?? "-", one.host ?? "-",
                ])
            }
            table.add([
                lag.group, "total", "", "", "", String(lag.lagRecords), Self.duration(lag.greatestAgeMilliseconds),
                lag.state, "",
            ])
        }
        return table.lines
    }

    /// One object; times in seconds.
    package var json: String {
        var writer = JSONText()
        writer.beginObject()
        writer.member("lagRecords", lags.reduce(0) { $0 + $1.lagRecords })
        writer.name("groups")
        writer.beginArray()
        for lag in lags { write(lag, into: &writer) }
        writer.endArray()
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func write(_ lag: GroupLag, into writer: inout JSONText) {
        writer.beginObject()
        writer.member("group", lag.group)
        writer.member("state", lag.state)
        writer.member("lagRecords", lag.lagRecords)
        Self.optional("lagSeconds", lag.greatestAgeMilliseconds.map(Self.seconds), &writer)
        writer.name("partitions")
        writer.beginArray()
        for one in lag.partitions {
            writer.beginObject()
            writer.member("topic", one.partition.topic)
            writer.member("partition", Int64(one.partition.partition))
            Self.optional("committed", one.committed.map { String($0) }, &writer)
            writer.member("end", one.end)
            writer.member("lagRecords", one.lagRecords)
            Self.optional("lagSeconds", one.ageMilliseconds.map(Self.seconds), &writer)
            if let member = one.member { writer.member("member", member) }
            if let host = one.host { writer.member("host", host) }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }

    /// A number as text, or null.
    private static func optional(_ name: String, _ number: String?, _ writer: inout JSONText) {
        writer.name(name)
        if let number { writer.raw(number) } else { writer.null() }
    }

    private static func seconds(_ milliseconds: Int64) -> String { JSONNumber.text(Double(milliseconds) / 1_000) }

    /// In the two largest units.
    package static func duration(_ milliseconds: Int64?) -> String {
        guard let milliseconds else { return "-" }
        let seconds = milliseconds / 1_000
        switch seconds {
        case ..<1: return "\(milliseconds) ms"
        case ..<60: return "\(seconds) s"
        case ..<3_600: return "\(seconds / 60) min \(seconds % 60) s"
        case ..<86_400: return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
        default: return "\(seconds / 86_400) d \(seconds % 86_400 / 3_600) h"
        }
    }
}
