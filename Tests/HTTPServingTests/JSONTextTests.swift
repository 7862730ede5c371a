import HTTPServing
import HTTPTypes
import Testing

@Suite struct JSONTextTests {
    @Test func writesObjectsArraysAndEscapes() {
        var writer = JSONText()
        writer.beginObject()
        writer.member("a", "quote \" slash \\ line\nbell\u{07}")
        writer.member("b", Int64(-3))
        writer.name("c")
        writer.beginArray()
        writer.raw("1.50")
        writer.null()
        writer.beginObject()
        writer.endObject()
        writer.endArray()
        writer.member("d", true)
        writer.endObject()
        let expected =
            #"{"a":"quote \" slash \\ line\nbell\u0007","b":-3,"c":[1.50,null,{}],"d":true}"#
        #expect(String(decoding: writer.bytes, as: UTF8.self) == expected)
    }

    @Test func aProblemNamesItsKindAndStatus() {
        let problem = ProblemDocument(.contentTooLarge, kind: "payload-too-large", title: "Too large", detail: "why")
        let expected =
            #"{"type":"urn:meterlog:problem:payload-too-large","title":"Too large","status":413,"detail":"why"}"#
        #expect(String(decoding: problem.json, as: UTF8.self) == expected)
    }
}
