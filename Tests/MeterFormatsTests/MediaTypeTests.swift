import MeterFormats
import Testing

struct MediaTypeTests {
    @Test func parametersAreReadAndWritten() throws {
        let text = "Text/CSV ; Profile=mapped;value=\"a, \\\"b\\\"\"; zone=America/New_York;"
        let type = try #require(MediaType(text))
        #expect(type.essence == "text/csv")
        #expect(type["PROFILE"] == "mapped")
        #expect(type["value"] == "a, \"b\"")
        #expect(type["zone"] == "America/New_York")
        #expect(type["unit"] == nil)
        #expect(type.description == "text/csv; profile=mapped; value=\"a, \\\"b\\\"\"; zone=\"America/New_York\"")
        #expect(MediaType(type.description) == type)
    }

    @Test(
        arguments: [
            "", "text", "text/", "/csv", "text/csv; a", "text/csv; a=", "text/csv; a=1; A=2", "text/csv; a=\"open",
            "text/csv x", "te xt/csv", "text/csv; =1", "text/csv; a=\"x\"y", "text/csv; a=b c",
            "text/csv; a=" + String(repeating: "x", count: 5000),
        ]
    )
    func malformed(text: String) {
        #expect(MediaType(text) == nil)
    }

    /// One text for all spellings; another value, in its case too, is another text.
    @Test func theCanonicalTextIsTheSameForEverySpelling() throws {
        let canonical = #"text/csv; meter=VAC1; profile=mapped; zone="Europe/Berlin""#
        for text in [
            "text/csv; profile=mapped; meter=VAC1; zone=Europe/Berlin",
            #"TEXT/csv;zone="Europe/Berlin";;METER="VAC1" ;   Profile=mapped;"#, canonical,
        ] {
            #expect(MediaType(text)?.canonicalText == canonical)
        }
        #expect(MediaType("text/csv; meter=vac1; profile=mapped; zone=Europe/Berlin")?.canonicalText != canonical)
        #expect(MediaType("Text/CSV")?.canonicalText == "text/csv")
    }

    @Test func madeFromParts() throws {
        let type = try #require(
            MediaType(essence: "text/csv", parameters: [("profile", "mapped"), ("date-format", "dd/MM/yyyy H:mm")])
        )
        #expect(type.description == "text/csv; profile=mapped; date-format=\"dd/MM/yyyy H:mm\"")
        #expect(MediaType(essence: "text/csv", parameters: [("a", "1"), ("a", "2")]) == nil)
        #expect(MediaType(essence: "text csv", parameters: []) == nil)
        #expect(MediaType(essence: "text/csv", parameters: [("a b", "1")]) == nil)
    }
}

struct FormatCatalogTests {
    static let names: [(mediaType: String, name: String?)] = [
        ("application/json", "json-intervals"),
        ("application/json; charset=utf-8", "json-intervals"),
        ("application/vnd.meterlog.intervals+json", "json-intervals"),
        ("application/vnd.meterlog.events+json", "json-events"),
        ("text/csv; profile=aws-guidance", "aws-guidance-csv"),
        ("text/csv; profile=nem12", "nem12"),
        ("application/vnd.aemo.mdff", "nem12"),
        ("text/csv; profile=mapped; value=2; meter=x", "mapped-csv"),
        ("text/csv", nil),
        ("text/csv; profile=unheard-of", nil),
        ("application/octet-stream", nil),
    ]

    @Test(arguments: names)
    func mediaTypesFindTheirFormat(mediaType: String, name: String?) throws {
        let type = try #require(MediaType(mediaType))
        #expect(FormatCatalog.format(of: type)?.name == name)
    }

    @Test func namesAndMediaTypesAreUnique() throws {
        let names = FormatCatalog.formats.map(\.name)
        #expect(Set(names).count == names.count)
        for format in FormatCatalog.formats {
            #expect(FormatCatalog.format(named: format.name) == format)
            let type = try #require(MediaType(format.mediaType))
            #expect(FormatCatalog.formats.filter { $0.matches(type) } == [format])
        }
        #expect(FormatCatalog.format(named: "json-events")?.lane == .alarm)
        #expect(FormatCatalog.format(named: "nem12")?.lane == .interval)
    }

    @Test func anUnknownFormatIsRefused() {
        #expect(refusal("x", "application/octet-stream")?.code == .unsupportedFormat)
    }

    @Test func aBatchIsUsedAgain() throws {
        var batch = try decoded(#"{"meter":"m","start":0,"interval":900,"values":[1,2]}"#, "application/json")
        #expect(batch.valueCount == 2)
        batch.removeAll()
        #expect(batch.isEmpty && batch.valueCount == 0 && batch.rejects.isEmpty)
    }

    @Test func rejectsAreBoundedAndCounted() throws {
        let lines = "time,kWh\n2024-01-01 00:00,1\n" + String(repeating: "x,1\n", count: 250)
        let batch = try decoded(lines, "text/csv; profile=mapped; value=kWh; meter=m")
        #expect(batch.rejects.count == ReadingBatch.rejectLimit)
        #expect(batch.rejectCount == 250)
        #expect(batch.valueCount == 1)
    }

    @Test func runsEndWhereIntervalsAreNotConsecutive() throws {
        let text = "time,kWh\n2024-01-01 01:00,1\n2024-01-01 02:00,1\n2024-01-01 04:00,1\n2024-01-01 05:00,1\n"
        let batch = try decoded(text, "text/csv; profile=mapped; value=kWh; meter=m")
        let series = try #require(batch.series.first)
        #expect(batch.runEnd(from: 0, in: series) == 2)
        #expect(batch.runEnd(from: 2, in: series) == 4)
    }
}
