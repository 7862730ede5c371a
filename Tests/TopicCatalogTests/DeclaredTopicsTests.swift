import Foundation
import Testing
import TopicCatalog

/// The declarations in `topics/`.
@Suite("The declared topics")
struct DeclaredTopicsTests {
    private let folder = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().appending(path: "topics")
        .resolvingSymlinksInPath()

    private func catalog() throws -> TopicCatalog {
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter { $0.pathExtension == "yaml" }
        return try TopicCatalog.parse(
            files: try files.map { ($0.lastPathComponent, try String(contentsOf: $0, encoding: .utf8)) }
        )
    }

    @Test("are the topics of the architecture")
    func names() throws {
        #expect(
            try catalog().declarations.map(\.name) == [
                "meter.alarms.p0", "meter.alarms.p1", "meter.alarms.p2", "meter.alarms.p3", "meter.alarms.snapshots",
                "meter.commands", "meter.deadletter", "meter.exceptions", "meter.journal", "meter.normalizer.snapshots",
                "meter.payloads", "meter.raw", "meter.raw.alarms", "meter.rules", "meter.validated",
                "meter.vee.snapshots",
            ]
        )
    }

    @Test("keep the truth for ever and never compact it")
    func truth() throws {
        let catalog = try catalog()
        let names = [
            "meter.raw", "meter.raw.alarms", "meter.journal", "meter.validated", "meter.deadletter", "meter.payloads",
        ]
        for name in names {
            #expect(catalog[name]?.cleanup == .delete, "\(name)")
            #expect(catalog[name]?.retentionMilliseconds == -1, "\(name)")
        }
    }

    @Test("have as many partitions for snapshots as for the input whose state they hold")
    func snapshots() throws {
        let catalog = try catalog()
        let inputs = ["normalizer": "meter.raw", "vee": "meter.journal", "alarms": "meter.raw.alarms"]
        for (processor, input) in inputs {
            let snapshots = catalog["meter.\(processor).snapshots"]
            #expect(snapshots?.partitionCount == catalog.partitionCount(of: input), "\(processor)")
            #expect(snapshots?.cleanup == .compact)
        }
    }

    @Test("name messages that the schema files define")
    func schemas() throws {
        let files = try FileManager.default.contentsOfDirectory(
            at: folder.appending(path: "schemas"),
            includingPropertiesForKeys: nil
        )
        let text = try files.map { try String(contentsOf: $0, encoding: .utf8) }.joined(separator: "\n")
        for declaration in try catalog().declarations {
            guard case .protobuf(let name) = declaration.schema else { continue }
            let parts = name.split(separator: ".")
            #expect(text.contains("package \(parts.dropLast().joined(separator: "."));"), "\(name)")
            #expect(text.contains("message \(parts.last ?? "") {"), "\(name)")
        }
    }
}
