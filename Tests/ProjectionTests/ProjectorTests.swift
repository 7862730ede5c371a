import Foundation
import KafkaIO
import Logging
import MeterCore
import MeterEvents
import PostgresIO
import Projection
import StreamCore
import Synchronization
import Telemetry
import Testing

/// Projectors on their threads, between a log (librdkafka's in-process cluster) and a real database.
@Suite("Projector", .enabled(if: TestDatabase.isExpected), .serialized, .timeLimit(.minutes(2)))
struct ProjectorTests {
    private struct Stage {
        let cluster: KafkaMockCluster
        let producer: KafkaProducer
        let url: String
        let lines = LogLines()

        init(_ url: String) throws {
            self.url = url
            cluster = try KafkaMockCluster(brokerCount: 1)
            producer = try KafkaProducer(settings: KafkaSettings(brokers: [cluster.brokers], clientID: "test"))
            for topic in ProjectionName.allCases.flatMap(\.topics) { cluster.createTopic(topic, partitions: 2) }
        }

        func service(_ names: Set<ProjectionName> = [.readings]) -> ProjectionService {
            var limits = ProjectionLimits(
                lingerMilliseconds: 10,
                backoffMilliseconds: 20...100,
                standbyMilliseconds: 50
            )
            limits.watchMilliseconds = 200
            let configuration = ProjectionConfiguration(
                kafka: KafkaSettings(brokers: [cluster.brokers], clientID: "projector"),
                database: TestDatabase.options(url),
                projections: names,
                limits: limits
            )
            return ProjectionService(configuration, metrics: MetricsRegistry(), logger: lines.logger())
        }

        @discardableResult
        func send(_ value: [UInt8], topic: String = "meter.validated", partition: Int32 = 0) async throws -> Int64 {
            let record = KafkaRecord(
                topic: topic,
                partition: partition,
                key: Array("k".utf8),
                value: value,
                timestampMilliseconds: Samples.received
            )
            return try await producer.send(record).offset
        }

        func count(_ what: String) throws -> Int64 {
            var connection = try PostgresConnection(TestDatabase.options(url))
            return try connection.query("SELECT count(*) FROM \(what)").int64(0, 0)
        }
    }

    private func target(_ offset: Int64, partition: Int32 = 0) -> PartitionPosition {
        PartitionPosition(TopicPartition("meter.validated", partition), nextOffset: offset)
    }

    private func reading(_ meter: String, _ value: Int64, revision: UInt32 = 1) -> [UInt8] {
        Samples.encoded(Samples.intervals(meter: meter, values: [value], revision: revision))
    }

    @Test func projectsWhatComesAndGoesOnWhereItStopped() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            let stage = try Stage(url)
            try await stage.send(reading("M-1", 1))
            try await stage.send(reading("M-2", 1), partition: 1)
            let first = stage.service()
            first.start()
            try await first.waitUntilProjected([target(1), target(1, partition: 1)], timeout: .seconds(20))
            #expect(try stage.count("readings") == 2)
            await first.stop()
            #expect(first.statuses.map(\.phase) == [.stopped])

            try await stage.send(reading("M-1", 2, revision: 2))
            let second = stage.service()
            second.start()
            try await second.waitUntilProjected([target(2)], timeout: .seconds(20))
            #expect(try stage.count("readings") == 2)
            #expect(try stage.count("readings_history") == 3)
            // Only the new record was read again.
            #expect(second.statuses.map(\.records) == [1])
            await second.stop()
        }
    }

    @Test func runsEveryProjection() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            let stage = try Stage(url)
            try await stage.send(reading("M-1", 1))
            let service = stage.service(Set(ProjectionName.allCases))
            service.start()
            try await service.waitUntilProjected([target(1)], timeout: .seconds(20))
            #expect(service.statuses.map(\.name) == ProjectionName.allCases.sorted())
            await service.stop()
            #expect(service.statuses.allSatisfy { $0.phase == .stopped })
        }
    }

    @Test func aRecordThatIsNoEventStopsItsPartitionAndSaysWhere() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            let stage = try Stage(url)
            try await stage.send(reading("M-1", 1))
            try await stage.send([0xff, 0xff, 0xff])
            try await stage.send(reading("M-1", 3, revision: 3))
            try await stage.send(reading("M-2", 1), partition: 1)
            let service = stage.service()
            service.start()
            try await service.waitUntilProjected([target(1), target(1, partition: 1)], timeout: .seconds(20))
            await #expect(throws: ProjectionWaitError.self) {
                try await service.waitUntilProjected([target(3)], timeout: .seconds(20))
            }
            try await stage.send(reading("M-2", 2, revision: 2), partition: 1)
            try await service.waitUntilProjected([target(2, partition: 1)], timeout: .seconds(20))
            let partition = try #require(service.statuses.first?.partitions.first)
            #expect(partition.projectedOffset == 1)
            #expect(partition.fault?.hasPrefix("offset 1: malformed event") == true)
            #expect(try stage.count("readings_history") == 3)
            await service.stop()
            #expect(try stage.count("projection_offsets WHERE partition = 0 AND next_offset = 1") == 1)
        }
    }

    @Test func aRowThatTheDatabaseRefusesStopsOnlyItsPartition() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            let stage = try Stage(url)
            var admin = try PostgresConnection(TestDatabase.options(url))
            try admin.execute("ALTER TABLE rm_readings_1.readings ADD CONSTRAINT odd CHECK (value_e9 <> 13)")
            for value: Int64 in [1, 2, 13, 4] { try await stage.send(reading("M-\(value)", value)) }
            try await stage.send(reading("M-5", 5), partition: 1)
            let service = stage.service()
            service.start()
            try await service.waitUntilProjected([target(2), target(1, partition: 1)], timeout: .seconds(20))
            await #expect(throws: ProjectionWaitError.self) {
                try await service.waitUntilProjected([target(4)], timeout: .seconds(20))
            }
            #expect(service.statuses.first?.partitions.first?.fault?.hasPrefix("offset 2:") == true)
            #expect(try stage.count("readings") == 3)
            await service.stop()
        }
    }

    @Test func waitsOutALostDatabaseAndSaysSoOnce() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            let stage = try Stage(url)
            let service = stage.service()
            service.start()
            try await stage.send(reading("M-1", 1))
            try await service.waitUntilProjected([target(1)], timeout: .seconds(20))
            // Nobody gets in for a while, and who is in is thrown out.
            let name = try #require(URLComponents(string: url)?.path.dropFirst())
            var admin = try PostgresConnection(TestDatabase.options(try #require(TestDatabase.url)))
            try admin.execute("ALTER DATABASE \(name) CONNECTION LIMIT 0")
            try admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '\(name)'")
            try await stage.send(reading("M-1", 2, revision: 2))
            let isWaiting = try await eventually { service.statuses.contains { $0.phase.isWaiting } }
            // The owner of the database may be a superuser, whom no limit keeps out; then there is nothing to wait out.
            try await Task.sleep(for: .milliseconds(400))
            try admin.execute("ALTER DATABASE \(name) CONNECTION LIMIT -1")
            try await service.waitUntilProjected([target(2)], timeout: .seconds(20))
            #expect(try stage.count("readings_history") == 2)
            await service.stop()
            if isWaiting {
                #expect(stage.lines.all.filter { $0.contains("waits and tries again") }.count == 1)
                #expect(stage.lines.all.filter { $0.contains("goes on") }.count == 1)
            }
        }
    }

    @Test func aSecondProjectorStandsByAndTakesOver() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            let stage = try Stage(url)
            let first = stage.service()
            first.start()
            try await stage.send(reading("M-1", 1))
            try await first.waitUntilProjected([target(1)], timeout: .seconds(20))
            let second = stage.service()
            second.start()
            #expect(try await eventually { second.statuses.map(\.phase) == [.standby] })
            await first.stop()
            try await stage.send(reading("M-1", 2, revision: 2))
            try await second.waitUntilProjected([target(2)], timeout: .seconds(20))
            #expect(second.statuses.map(\.records) == [1])
            await second.stop()
        }
    }

    @Test func anotherLogThanTheOneProjectedIsFatal() async throws {
        try await TestDatabase.withMigratedDatabase { url in
            let stage = try Stage(url)
            var admin = try PostgresConnection(TestDatabase.options(url))
            try admin.execute("INSERT INTO projection_offsets VALUES ('readings', 1, 'meter.validated', 0, 5)")
            let service = stage.service()
            service.start()
            await service.projectors[0].waitUntilOver()
            guard case .failed(let reason) = service.statuses[0].phase else {
                Issue.record("phase \(service.statuses[0].phase)")
                return
            }
            #expect(reason == "meter.validated[0] is projected up to 5, but this log ends at 0")
        }
    }

    @Test func aDatabaseWithoutTablesIsFatal() async throws {
        try await TestDatabase.withDatabase { url in
            let stage = try Stage(url)
            let service = stage.service()
            service.start()
            await #expect(throws: ProjectionWaitError.self) {
                try await service.waitUntilProjected([target(1)], timeout: .seconds(20))
            }
            await service.stop()
            guard case .failed = service.statuses[0].phase else {
                Issue.record("phase \(service.statuses[0].phase)")
                return
            }
        }
    }

    private func eventually(_ condition: () -> Bool) async throws -> Bool {
        for _ in 0..<500 {
            if condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}

extension ProjectorStatus.Phase {
    fileprivate var isWaiting: Bool {
        if case .waiting = self { true } else { false }
    }
}

/// Keeps what a logger is told.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    var all: [String] { lines.withLock { $0 } }

    func logger() -> Logger {
        Logger(label: "test") { _ in Handler(lines: self) }
    }

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel: Logger.Level = .trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            lines.lines.withLock { $0.append("\(event.message)") }
        }
    }
}
