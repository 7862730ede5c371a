import Foundation
import MeterCore
import MeterFormats
import Testing

/// Golden vectors: `Tests/Vectors/<format>/<case>.<anything>` is a payload, `<case>.expected` what must come out of it, with the
/// payload's media type in its second line.
///
/// With `METERLOG_WRITE_VECTORS=1` in the environment the expected files are written anew (the media type is kept); read them before they
/// are committed.
struct VectorTests {
    struct Case: CustomTestStringConvertible {
        let payload: String
        let expected: String

        var testDescription: String { payload.split(separator: "/").suffix(2).joined(separator: "/") }
    }

    static let cases: [Case] = {
        var cases: [Case] = []
        for format in FormatCatalog.formats {
            let folder = TestFolders.vectors + "/" + format.name
            let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
            for file in files.sorted() where !file.hasSuffix(".expected") {
                let stem = file.split(separator: ".").dropLast().joined(separator: ".")
                cases.append(Case(payload: "\(folder)/\(file)", expected: "\(folder)/\(stem).expected"))
            }
        }
        return cases
    }()

    @Test(arguments: FormatCatalog.formats.map(\.name))
    func everyFormatHasVectors(name: String) {
        let own = Self.cases.filter { $0.payload.contains("/Vectors/\(name)/") }
        #expect(own.count >= 3, "Tests/Vectors/\(name) has no cases")
        let refused = own.filter {
            ((try? String(contentsOfFile: $0.expected, encoding: .utf8)) ?? "").contains("\"error\"")
        }
        #expect(!refused.isEmpty, "Tests/Vectors/\(name) has no malformed payload")
    }

    @Test(arguments: cases)
    func vector(_ vector: Case) throws {
        let expected = try String(contentsOfFile: vector.expected, encoding: .utf8)
        let mediaType = try #require(Self.mediaType(of: expected))
        let bytes = try TestFolders.bytes(vector.payload)
        let result: Result<ReadingBatch, DecodeError>
        do throws(DecodeError) {
            result = .success(try decoded(bytes, mediaType))
        } catch {
            result = .failure(error)
        }
        let text = BatchText.text(of: result, mediaType: mediaType)
        if ProcessInfo.processInfo.environment["METERLOG_WRITE_VECTORS"] == "1" {
            try text.write(toFile: vector.expected, atomically: true, encoding: .utf8)
        }
        #expect(text == expected)
        let isJSON = (try? JSONSerialization.jsonObject(with: Data(text.utf8))) != nil
        #expect(isJSON)
    }

    private static func mediaType(of expected: String) -> String? {
        let object = try? JSONSerialization.jsonObject(with: Data(expected.utf8)) as? [String: Any]
        return object?["mediaType"] as? String
    }
}
