import HTTPServing
import QueryAPI
import Testing

@Suite("Reading a request")
struct RequestReadingTests {
    @Test(
        "paths",
        arguments: [
            ("/api/v1/health", QueryRoute.health), ("/metrics", .metrics),
            ("/api/v1/meters", .page(.meters, meter: nil)), ("/api/v1/meters/A%2FB%20%C3%A9", .meter("A/B é")),
            ("/api/v1/meters/M1/readings", .page(.readings, meter: "M1")),
            ("/api/v1/meters/M1/readings/history", .page(.readingsHistory, meter: "M1")),
            ("/api/v1/meters/M1/windows", .page(.windows, meter: "M1")),
            ("/api/v1/meters/M1/usage", .page(.dailyUsage, meter: "M1")),
            ("/api/v1/meters/M1/registers", .page(.registers, meter: "M1")),
            ("/api/v1/alarms", .page(.alarms, meter: nil)), ("/api/v1/exceptions", .page(.exceptions, meter: nil)),
            ("/api/v1/exceptions/counts", .page(.exceptionCounts, meter: nil)),
            ("/api/v1/deadletters", .page(.deadLetters, meter: nil)),
            ("/api/v1/payloads", .page(.payloads, meter: nil)), ("/api/v1/payloads/a%2Fb", .payload("a/b")),
            ("/api/v1/payloads/meter.raw/1/77", .payload("meter.raw/1/77")),
        ]
    )
    func paths(path: String, expected: QueryRoute) {
        #expect(QueryRoute(path: path) == expected)
    }

    @Test(
        "paths with nothing there",
        arguments: [
            "/", "", "/api", "/api/v1", "/api/v2/meters", "/api/v1/meters/", "/api/v1/meters/x/", "/api/v1/meters/%",
            "/api/v1/meters/%00", "/api/v1/meters/%ff", "/api/v1/meters/x/readings/other", "/api/v1/healthy",
        ]
    )
    func noPaths(path: String) {
        #expect(QueryRoute(path: path) == nil)
    }

    @Test("percent encoding is undone and done")
    func percent() {
        #expect(PercentText.decode("a%2Bb+c%c3%A9") == "a+b+cé")
        #expect(PercentText.encode("a b/é~") == "a%20b%2F%C3%A9~")
        #expect(PercentText.decode("%2") == nil)
        #expect(PercentText.decode("%zz") == nil)
    }

    @Test(
        "timestamps need an offset and are read to the microsecond",
        arguments: [
            ("2026-03-29T00:00:00Z", Int64(1_774_742_400_000_000)),
            ("2026-03-29T02:00:00+02:00", 1_774_742_400_000_000),
            ("2026-03-28T24:00:00Z", 1_774_742_400_000_000), ("2026-03-29T00:00:00.0000019Z", 1_774_742_400_000_001),
        ]
    )
    func timestamps(text: String, expected: Int64) throws {
        #expect(try QueryParameters("from=\(text)", known: ["from"]).microseconds("from") == expected)
    }

    @Test(
        "each wrong parameter is named in the answer",
        arguments: [
            ("from=2026-03-29T00:00:00", "offset"), ("from=yesterday", "ISO 8601"), ("from=", "from is empty"),
            ("from=2026-01-01T00:00:00Z&from=2026-01-01T00:00:00Z", "twice"), ("limit=0", "limit must be"),
            ("limit=99", "from 1 to 10"), ("limit=1e3", "whole number"), ("form=x", "'form'"),
            ("open=yes", "true or false"), ("grade=bad", "one of none, warn"), ("grade=", "grade is empty"),
            ("open=%FF", "UTF-8"), ("from=\(String(repeating: "1", count: 600))", "longer"),
        ]
    )
    func wrongParameters(query: String, expected: String) throws {
        let problem = try #require(throws: ProblemDocument.self) {
            let parameters = try QueryParameters(query, known: ["from", "limit", "open", "grade"])
            _ = try parameters.microseconds("from")
            _ = try parameters.integer("limit", in: 1...10)
            _ = try parameters.boolean("open")
            _ = try parameters.word("grade", among: ["none", "warn"])
        }
        #expect(problem.kind == "bad-parameter")
        #expect(problem.detail.contains(expected), "\(problem.detail)")
    }

    @Test("a client's own words come back harmless")
    func echo() throws {
        let problem = try #require(throws: ProblemDocument.self) {
            _ = try QueryParameters("%3Cscript%3E=1", known: [])
        }
        #expect(!problem.detail.contains("<"))
    }

    @Test(
        "the format asked for",
        arguments: [
            (nil, nil, "json"), (nil, "*/*", "json"), (nil, "text/csv", "csv"), ("csv", "application/json", "csv"),
            (nil, "application/json;q=0.5, text/csv;q=0.9", "csv"), (nil, "text/*", "csv"),
            (nil, "text/csv;q=0, */*", "json"), (nil, "text/html, */*;q=0.1", "json"),
        ] as [(String?, String?, String)]
    )
    func formats(parameter: String?, accept: String?, expected: String) throws {
        #expect(try AnswerFormat.negotiate(parameter: parameter, accept: accept).rawValue == expected)
    }

    @Test("formats there are not")
    func noFormats() throws {
        let xml = try #require(throws: ProblemDocument.self) {
            _ = try AnswerFormat.negotiate(parameter: nil, accept: "text/html, application/xml")
        }
        #expect(xml.kind == "not-acceptable")
        let unknown = try #require(throws: ProblemDocument.self) {
            _ = try AnswerFormat.negotiate(parameter: "xml", accept: nil)
        }
        #expect(unknown.kind == "bad-parameter")
    }
}

@Suite("Writing values")
struct WritingTests {
    @Test(
        "timestamps in UTC with the fraction they have",
        arguments: [
            (Int64(0), "1970-01-01T00:00:00Z"), (1_774_742_400_123_000, "2026-03-29T00:00:00.123Z"),
            (1_774_742_400_000_001, "2026-03-29T00:00:00.000001Z"), (-1, "1969-12-31T23:59:59.999999Z"),
        ]
    )
    func timestamps(microseconds: Int64, expected: String) {
        #expect(RowCell.timestamp(microseconds) == .text(expected))
    }

    @Test("infinities of the database are null")
    func infinity() {
        #expect(RowCell.timestamp(.max) == .null)
    }

    @Test("CSV quotes what needs quotes, and tells empty from NULL")
    func csv() {
        var writer = CSVText()
        writer.header(["a", "b"])
        for cell: RowCell in [.text("x,y"), .text("say \"hi\""), .null, .text(""), .literal("1.50"), .json("[1,2]")] {
            writer.field(cell)
        }
        writer.endRow()
        let expected = "a,b\r\n\"x,y\",\"say \"\"hi\"\"\",,\"\",1.50,\"[1,2]\"\r\n"
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }
}
