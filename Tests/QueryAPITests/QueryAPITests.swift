import Foundation
import HTTPServing
import Logging
import PostgresIO
import QueryAPI
import Telemetry
import Testing

@Suite(
    "The query API",
    .enabled(if: ScratchDatabase.isExpected, ScratchDatabase.missing),
    ScratchDatabase(rows: ExampleRows.sql),
    .timeLimit(.minutes(1))
)
struct QueryAPITests {
    private func withAPI(
        tokens: [String: String] = [:],
        limits: QueryAPIConfiguration.Limits = RunningAPI.limits,
        _ body: @escaping @Sendable (RunningAPI) async throws -> Void
    ) async throws {
        try await RunningAPI.with(databaseURL: ScratchDatabase.url, tokens: tokens, limits: limits, body)
    }

    @Test("readings of a range are exact, whole, and say where they come from")
    func readings() async throws {
        try await withAPI { api in
            let answer = try await api.get(
                "/api/v1/meters/M%2F1/readings?channel=E1&from=2026-03-29T00:15:00%2B01:00&to=2026-03-29T00:00:00Z"
            )
            #expect(answer.status == 200)
            #expect(answer.headers["content-type"] == "application/json")
            let rows = try answer.rows()
            #expect(
                rows.map { $0["interval_end"] as? String } == [
                    "2026-03-28T23:30:00Z", "2026-03-28T23:45:00Z", "2026-03-29T00:00:00Z",
                ]
            )
            #expect(answer.text.contains("\"value\":0.200000001,"))
            #expect(answer.text.contains("\"value\":null,\"unit\":\"kWh\",\"quality\":0,\"quality_name\":\"missing\""))
            #expect(answer.text.contains("\"findings\":[{\"rule\": 19, \"observed\": 1.5}]"))
            #expect(answer.text.contains("\"decided_at\":\"2026-03-29T02:00:00.500Z\""))
            #expect(rows.last?["raw_topic"] as? String == "meter.raw")
            #expect(rows.last?["raw_offset"] as? Int == 1004)
            #expect(answer.text.hasSuffix("],\"next\":null}"))
        }
    }

    @Test("pages of any size, put together, are the whole and in order", arguments: [1, 3, 5, 16, 17])
    func paging(limit: Int) async throws {
        try await withAPI { api in
            for (path, expected) in [("readings", 16), ("readings/history", 24)] {
                var seen: [String] = []
                var next: String?
                repeat {
                    let cursor = next.map { "&next=\($0)" } ?? ""
                    let answer = try await api.get("/api/v1/meters/M%2F1/\(path)?limit=\(limit)\(cursor)")
                    #expect(answer.status == 200, "\(answer.text)")
                    let rows = try answer.rows()
                    #expect(rows.count <= limit)
                    for row in rows {
                        let words = ["channel", "interval_end", "revision"].map { "\(row[$0] ?? "")" }
                        seen.append(words.joined(separator: " "))
                    }
                    next = try answer.object()["next"] as? String
                    #expect((next == nil) == (answer.headers["link"] == nil))
                } while next != nil && seen.count < 100
                #expect(seen.count == expected)
                #expect(seen == seen.sorted())
                #expect(Set(seen).count == expected)
            }
        }
    }

    @Test("newest first: alarms go down in time, page by page, filtered by priority")
    func alarms() async throws {
        try await withAPI { api in
            let first = try await api.get("/api/v1/alarms?priority=1&limit=2&meter=M%2F1")
            #expect(try first.rows().map { $0["id"] as? String } == ["a7", "a4"])
            let next = try #require(try first.object()["next"] as? String)
            let second = try await api.get("/api/v1/alarms?priority=1&limit=2&meter=M%2F1&next=\(next)")
            #expect(try second.rows().map { $0["id"] as? String } == ["a1"])
            let range = "from=2026-03-29T00:02:00Z&to=2026-03-29T00:04:00Z"
            let ranged = try await api.get("/api/v1/alarms?\(range)")
            #expect(try ranged.rows().map { $0["id"] as? String } == ["a3", "a2"])
            #expect(try ranged.rows().first?["text"] as? String == "line \"1\",\ntwo")
        }
    }

    @Test("CSV has a header, CRLF, and the next page in a Link field")
    func csv() async throws {
        try await withAPI { api in
            let answer = try await api.get("/api/v1/meters/M%2F1/windows", headers: ["Accept": "text/csv"])
            #expect(answer.headers["content-type"]?.hasPrefix("text/csv") == true)
            let lines = answer.text.split(separator: "\r\n")
            #expect(lines.count == 2)
            #expect(lines.first?.hasPrefix("meter_id,channel,window_start,") == true)
            #expect(lines.last?.contains(",1.23456789,kWh,base-1,") == true)
            let page = try await api.get("/api/v1/meters/M%2F1/readings?format=csv&limit=1")
            let link = try #require(page.headers["link"])
            #expect(link.hasSuffix(">; rel=\"next\""))
            let path = try #require(link.dropFirst().split(separator: ">").first)
            let following = try await api.get(String(path))
            #expect(following.status == 200)
            #expect(following.text != page.text)
        }
    }

    @Test("registers: one answer for each instant, page by page, and where it comes from")
    func registers() async throws {
        try await withAPI { api in
            let path = "/api/v1/meters/M%2F1/registers"
            var seen: [String] = []
            var next: String?
            repeat {
                let answer = try await api.get("\(path)?limit=2" + (next.map { "&next=\($0)" } ?? ""))
                #expect(answer.status == 200, "\(answer.text)")
                for row in try answer.rows() {
                    seen.append(["tou", "read_at", "quality_name"].map { "\(row[$0] ?? "")" }.joined(separator: " "))
                }
                next = try answer.object()["next"] as? String
            } while next != nil && seen.count < 20
            #expect(
                seen == [
                    " 2026-03-28T22:00:00Z validated", " 2026-03-29T22:00:00Z derived", " 2026-03-30T22:00:00Z raw",
                    " 2026-03-31T22:00:00Z derived", "T1 2026-03-30T22:00:00Z raw", "T2 2026-03-30T22:00:00Z raw",
                ]
            )
            for (query, count) in [
                ("derived=true", 2), ("derived=false", 4), ("tou=", 4), ("tou=T1", 1), ("channel=B1", 0),
                ("from=2026-03-29T22:00:00Z&to=2026-03-30T22:00:00Z", 1),
            ] {
                #expect(try await api.get("\(path)?\(query)").rows().count == count, "\(query)")
            }
            #expect(try await api.get("/api/v1/meters/M4/registers?derived=true").text == "{\"data\":[],\"next\":null}")
            #expect(try await api.get("/api/v1/meters/M3/registers").status == 404)
        }
    }

    @Test("a derived register says what it starts from, in JSON and CSV")
    func derivedRegister() async throws {
        try await withAPI { api in
            let path = "/api/v1/meters/M%2F1/registers"
            let derived = try await api.get("\(path)?derived=true&limit=1")
            let base = "\"base_read_at\":\"2026-03-28T22:00:00Z\",\"base_value\":5,\"intervals\":96,\"estimated\":4"
            #expect(derived.text.contains("\"value\":7,"))
            #expect(derived.text.contains(base))
            #expect(derived.text.contains("\"received_at\":null,\"raw_topic\":\"meter.raw\",\"raw_partition\":3"))
            let lines = try await api.get("\(path)?format=csv").text.split(separator: "\r\n")
            #expect(lines.count == 7)
            #expect(lines[0].hasPrefix("meter_id,channel,tou,read_at,value,"))
            #expect(lines[1].hasPrefix("M/1,E1,\"\",2026-03-28T22:00:00Z,5,kWh,80,validated,false,,"))
        }
    }

    @Test("windows by their grade")
    func grades() async throws {
        try await withAPI { api in
            let path = "/api/v1/meters/M%2F1/windows"
            let all = try await api.get(path).text
            #expect(all.contains("\"grade\":\"fail\",\"beyond_history\":false,\"failed_sum\":0}"))
            #expect(try await api.get("\(path)?grade=fail").rows().count == 1)
            #expect(try await api.get("\(path)?grade=warn").rows().isEmpty)
            let wrong = try await api.get("\(path)?grade=bad")
            #expect(wrong.status == 400)
            #expect(wrong.text.contains("grade must be one of none, info, warn, fail"))
        }
    }

    @Test("every kind of page answers on the real views, filters included")
    func everyRoute() async throws {
        try await withAPI { api in
            let range = "from=2026-01-01T00:00:00Z&to=2027-01-01T00:00:00Z"
            let paths = [
                "meters?prefix=M&channel=E1", "meters/M%2F1/readings?\(range)",
                "meters/M%2F1/readings/history?\(range)",
                "meters/M%2F1/windows?\(range)&closed=true", "meters/M%2F1/usage?\(range)&channel=E1",
                "meters/M%2F1/registers?\(range)&channel=E1&tou=&derived=true",
                "alarms?\(range)&meaning=power_down", "exceptions?\(range)&open=true&rule=19&meter=M%2F1&channel=E1",
                "exceptions/counts?rule=19",
                "deadletters?\(range)&code=DECODE&source=HES-1&stage=normalizer",
            ]
            for path in paths {
                let answer = try await api.get("/api/v1/\(path)")
                #expect(answer.status == 200, "\(path): \(answer.text)")
                let full = try #require(try? answer.rows())
                #expect(!full.isEmpty, "\(path)")
                let paged = try await api.get("/api/v1/\(path)&limit=1")
                #expect(paged.status == 200)
            }
            let counts = try await api.get("/api/v1/exceptions/counts")
            #expect(counts.text.contains("\"rule_name\":\"V19\""))
            #expect(counts.text.contains("\"open_count\":1,\"total_count\":1,\"open_meter_count\":1"))
            let usage = try await api.get("/api/v1/meters/M%2F1/usage")
            #expect(usage.text.contains("\"day\":\"2026-03-29\""))
            #expect(usage.text.contains("\"usage\":1.23456789"))
        }
    }

    @Test("a meter with its channels, one only registered, and one unknown")
    func meters() async throws {
        try await withAPI { api in
            let known = try await api.get("/api/v1/meters/M%2F1").object()
            #expect((known["channels"] as? [[String: Any]])?.map { $0["channel"] as? String } == ["B1", "E1"])
            #expect(known["registration"] is NSNull)
            let registered = try await api.get("/api/v1/meters/M2").object()
            #expect((registered["registration"] as? [String: Any])?["feeder"] as? String == "F-1")
            #expect(try await api.get("/api/v1/meters/M2/readings").text == "{\"data\":[],\"next\":null}")
            for path in ["M3", "M3/readings", "M3/readings/history", "M3/windows"] {
                let unknown = try await api.get("/api/v1/meters/\(path)")
                #expect(unknown.status == 404)
                #expect(unknown.headers["content-type"] == "application/problem+json")
                #expect(try unknown.object()["type"] as? String == "urn:meterlog:problem:unknown-meter")
            }
        }
    }

    @Test("refusals: wrong parameters, paths, methods, media types, and SQL in values")
    func refusals() async throws {
        try await withAPI { api in
            let expected: [(path: String, status: Int)] = [
                ("/api/v1/meters?limit=10001", 400), ("/api/v1/meters?next=ABCD", 400),
                ("/api/v1/alarms?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", 400),
                ("/api/v1/meters/M%2F1?limit=3", 400), ("/api/v1/nothing", 404),
            ]
            for (path, status) in expected {
                let answer = try await api.get(path)
                #expect(answer.status == status, "\(path)")
                #expect(answer.headers["content-type"] == "application/problem+json")
            }
            let injected = try await api.get("/api/v1/meters?prefix=%27%3B%20DROP%20TABLE%20x%3B--")
            #expect(injected.text == "{\"data\":[],\"next\":null}")
            let posted = try await api.get("/api/v1/meters", method: "POST")
            #expect(posted.status == 405)
            #expect(posted.headers["allow"] == "GET, HEAD")
            #expect(try await api.get("/api/v1/meters", headers: ["Accept": "image/png"]).status == 406)
            let head = try await api.get("/api/v1/meters", method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty)
        }
    }

    @Test("tokens, where configured, are needed; health is open")
    func tokens() async throws {
        try await withAPI(tokens: ["correct-horse": "billing"]) { api in
            let without = try await api.get("/api/v1/meters")
            #expect(without.status == 401)
            #expect(without.headers["www-authenticate"]?.hasPrefix("Bearer") == true)
            let wrong = try await api.get("/api/v1/meters", headers: ["Authorization": "Bearer correct-horsf"])
            #expect(wrong.status == 401)
            let right = try await api.get("/api/v1/meters", headers: ["Authorization": "Bearer correct-horse"])
            #expect(right.status == 200)
            let health = try await api.get("/api/v1/health")
            #expect(health.status == 200)
            let projections = try #require(try health.object()["projections"] as? [[String: Any]])
            let readings = projections.first { $0["projection"] as? String == "readings" }
            #expect(readings?["records_folded"] as? Int == 42)
            #expect(try health.object()["version"] as? String == "test")
        }
    }

    @Test("a peer that asks too often is told when to come back")
    func rate() async throws {
        var limits = RunningAPI.limits
        limits.requestsPerSecondPerPeer = 1
        limits.requestBurstPerPeer = 2
        try await withAPI(limits: limits) { api in
            var answers: [RunningAPI.Answer] = []
            for _ in 0..<20 where answers.last?.status != 429 { answers.append(try await api.get("/api/v1/meters")) }
            #expect(answers.prefix(2).map(\.status) == [200, 200])
            #expect(answers.last?.status == 429)
            #expect(answers.last?.headers["retry-after"] == "1")
            #expect(try await api.get("/metrics").text.contains("meterlog_api_requests_total{"))
        }
    }

    @Test("a query over its time is refused with advice, and the next one works")
    func slowQuery() async throws {
        let url = try ScratchDatabase.url
        var limits = RunningAPI.limits
        limits.queryMilliseconds = 150
        try await RunningAPI.with(databaseURL: url, limits: limits) { api in
            var blocker = try ScratchDatabase.connect(url)
            try blocker.begin()
            try blocker.execute("LOCK TABLE rm_alarms_1.alarms IN ACCESS EXCLUSIVE MODE")
            let answer = try await api.get("/api/v1/alarms")
            #expect(answer.status == 503)
            #expect(answer.headers["retry-after"] != nil)
            try blocker.rollback()
            #expect(try await api.get("/api/v1/alarms").status == 200)
        }
    }
}

@Suite("The query API without its database", .timeLimit(.minutes(1)))
struct DatabaseAwayTests {
    @Test("health and pages say so, with 503 and without details of the connection")
    func away() async throws {
        let url = "host=/nonexistent-directory dbname=x password=hidden-word"
        try await RunningAPI.with(databaseURL: url) { api in
            let health = try await api.get("/api/v1/health")
            #expect(health.status == 503)
            #expect((try health.object()["database"] as? [String: Any])?["reachable"] as? Bool == false)
            let page = try await api.get("/api/v1/meters")
            #expect(page.status == 503)
            #expect(page.headers["retry-after"] != nil)
            #expect(!page.text.contains("nonexistent") && !health.text.contains("hidden-word"))
        }
    }

    @Test("no server beyond loopback without tokens")
    func unprotected() {
        let configuration = QueryAPIConfiguration(host: "0.0.0.0", databaseURL: "dbname=x")
        let logger = Logger(label: "api-tests") { _ in SwiftLogNoOpLogHandler() }
        #expect(throws: QueryAPIError.unprotectedAddress("0.0.0.0")) {
            _ = try QueryAPIService(configuration: configuration, registry: MetricsRegistry(), logger: logger)
        }
    }
}
