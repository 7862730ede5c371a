import MeterCore
import MeterFormats
import Testing

/// JSON as RFC 8259 has it, seen through the decoder of interval readings.
struct JSONSyntaxTests {
    private static func reading(_ member: String) -> String {
        #"{"meter":"m","start":0,"interval":900,"values":[1],"extra":"# + member + "}"
    }

    @Test(
        arguments: [
            "0", "-0", "1.5", "1e5", "1E+5", "1.25e-3", "true", "false", "null", "\"\"", "[]", "{}",
            "[1,[2,{\"a\":[]}]]",
            #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00""#, "{\"a\":{\"a\":1}}", " [ 1 , 2 ] ", "\"\u{7f}é😀\"",
        ]
    )
    func valid(member: String) {
        #expect(refusal(Self.reading(member), "application/json") == nil)
    }

    @Test(
        arguments: [
            "", "01", "-", "+1", ".5", "1.", "1e", "1e+", "0x1", "NaN", "Infinity", "tru", "True", "nul", "'a'", "\"a",
            "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\u{01}\"", "\"a\nb\"", "[1,]", "[,1]", "[1 2]", "{\"a\"}",
            "{\"a\":}",
            "{\"a\":1,}", "{a:1}", "{1:1}", "[1}", "{\"a\":1]", "1 2", "[1", "{", "/* */ 1",
        ]
    )
    func invalid(member: String) {
        #expect(refusal(Self.reading(member), "application/json")?.code == .malformedSyntax)
    }

    @Test func numbersAreExact() throws {
        let numbers: [(String, Int64)] = [
            ("0", 0), ("-0", 0), ("1", 1_000_000_000), ("0.000000001", 1), ("-0.5", -500_000_000),
            ("123456789.987654321", 123_456_789_987_654_321), ("1e-9", 1), ("1.5E3", 1_500_000_000_000),
            ("0.1234567894", 123_456_789), ("0.1234567895", 123_456_790), ("999999999.5", 999_999_999_500_000_000),
            ("1234567890.5", 1_234_567_890_500_000_000), ("9223372036.854775807", .max),
            ("0.00000000000000000000049e12", 0), ("10.10", 10_100_000_000),
        ]
        for (text, billionths) in numbers {
            for form in [text, "\"\(text)\""] {
                let json = #"{"meter":"m","start":0,"interval":900,"values":[\#(form)]}"#
                #expect(try decoded(json, "application/json").billionths == [billionths], "\(form)")
            }
        }
    }

    @Test func startsAndIntervals() throws {
        let good: [(start: String, interval: String, end: Int64)] = [
            ("1704067200", "900", 1_704_068_100), ("1704067200.0", "\"PT15M\"", 1_704_068_100),
            ("1.7040672e9", "\"P1D\"", 1_704_153_600), ("\"2024-01-01\"", "3600", -1),
            ("\"2024-01-01T00:00Z\"", "\"PT1H30M\"", 1_704_072_600),
            ("\"2024-01-01 00:00:00.999-05:30\"", "\"PT1S\"", 1_704_087_001), ("1704067200.5", "900", -1),
            ("253402300800", "900", -1), ("9223372036854.7", "900", -1), ("9e18", "900", -1), ("0", "0", -1),
            ("0", "-900", -1), ("0", "900.5", -1), ("0", "\"PT\"", -1),
            ("0", "\"P1M\"", -1), ("0", "\"PT1M1H\"", -1), ("0", "2678401", -1), ("0", "\"PT744H\"", 2_678_400),
        ]
        for (start, interval, end) in good {
            let json = #"{"meter":"m","start":\#(start),"interval":\#(interval),"values":[1]}"#
            if end < 0 {
                #expect(refusal(json, "application/json") != nil, "\(start) \(interval)")
            } else {
                #expect(try decoded(json, "application/json").endSeconds == [end], "\(start) \(interval)")
            }
        }
    }

    @Test(arguments: ["meter", "start", "interval", "values"])
    func aFieldThatIsNotThere(name: String) {
        let members = [
            "meter": #""meter":"m""#, "start": #""start":0"#, "interval": #""interval":900"#,
            "values": #""values":[1]"#,
        ]
        let rest = members.keys.sorted().filter { $0 != name }.compactMap { members[$0] }
        #expect(refusal("{" + rest.joined(separator: ",") + "}", "application/json")?.code == .missingField)
    }

    @Test func namesThatTablesCannotHold() {
        for name in [
            #""""#, #""a\u0000b""#, #""a\nb""#, "\"" + String(repeating: "x", count: 129) + "\"", "7", #""\ud800""#,
        ] {
            #expect(
                refusal(#"{"meter":\#(name),"start":0,"interval":900,"values":[1]}"#, "application/json") != nil,
                "\(name)"
            )
        }
    }
}
