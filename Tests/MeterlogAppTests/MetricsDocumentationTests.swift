import Alarms
import Foundation
import Normalization
import Telemetry
import Testing
import VEE

/// docs/metrics.md lists every metric of the sources, and no other.
@Suite struct MetricsDocumentationTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    /// The first column of the tables.
    private static func documented() throws -> Set<String> {
        let text = try String(contentsOf: root.appendingPathComponent("docs/metrics.md"), encoding: .utf8)
        var names: Set<String> = []
        for line in text.split(separator: "\n") where line.hasPrefix("| `meterlog_") || line.hasPrefix("| `process_") {
            names.insert(String(line.dropFirst(3).prefix { $0 != "`" }))
        }
        return names
    }

    /// Names written in the sources, whole or behind the prefix that their file gives them, and the counters of the processors.
    private static func existing() throws -> Set<String> {
        var names: Set<String> = []
        let sources = root.appendingPathComponent("Sources").resolvingSymlinksInPath()
        let files = try #require(FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil))
        for case let file as URL in files where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            for match in text.matches(of: #/"((meterlog|process)_[a-z0-9_]+)"/#) { names.insert(String(match.1)) }
            guard let prefix = text.firstMatch(of: #/"(meterlog_[a-z]+_)\\\(name\)"/#)?.1 else { continue }
            for match in text.matches(of: #/(counter|gauge)\("([a-z0-9_]+)"/#) { names.insert("\(prefix)\(match.2)") }
        }
        let processors = [
            (NormalizerProcessor.name, NormalizerProcessor.counterNames),
            (VEEProcessor.name, VEEProcessor.counterNames), (AlarmProcessor.name, AlarmProcessor.counterNames),
        ]
        for (processor, counters) in processors {
            for counter in counters { names.insert(MetricName.processorCounter(processor, counter)) }
        }
        // Names of other things in quotes: SQL roles and functions, the group of the schema's functions.
        return names.filter { isMetric($0) }
    }

    private static let endings = [
        "_total", "_seconds", "_bytes", "_records", "_entries", "_info", "_threads", "_fds", "_connections",
        "_requests", "_partitions",
    ]

    private static func isMetric(_ name: String) -> Bool { endings.contains { name.hasSuffix($0) } }

    @Test func everyMetricIsDocumented() throws {
        let missing = try Self.existing().subtracting(Self.documented()).sorted()
        #expect(missing == [], "not in docs/metrics.md")
    }

    @Test func everyDocumentedMetricExists() throws {
        let gone = try Self.documented().subtracting(Self.existing()).sorted()
        #expect(gone == [], "in docs/metrics.md and not in the sources")
    }

    @Test func namesFollowTheConventions() throws {
        for name in try Self.documented() {
            #expect(Self.isMetric(name), "\(name) does not say its unit")
            #expect(name.allSatisfy { $0.isLowercase || $0.isNumber || $0 == "_" })
        }
    }

    @Test func aCounterMayHaveALabel() {
        let name = "alarms_total{priority=3}"
        #expect(MetricName.processorCounter("alarms", name) == "meterlog_alarms_alarms_total")
        #expect(MetricName.processorCounterLabels(name) == [MetricLabel("priority", "3")])
        #expect(MetricName.processorCounterLabels("alarms_total") == [])
    }
}
