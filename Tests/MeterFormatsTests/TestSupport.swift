import Foundation
import MeterCore
import MeterFormats

/// Zones from the system's files, read once.
enum TestZones {
    static let names = [
        "Europe/Berlin", "Europe/Vienna", "Europe/Dublin", "Europe/Paris", "Europe/London", "Europe/Zurich",
        "America/New_York", "America/Chicago", "America/Denver",
        "America/Los_Angeles", "America/Phoenix", "Asia/Singapore", "Australia/Lord_Howe",
    ]

    static let catalog: ZoneCatalog = {
        var zones: [ZoneRules] = []
        for name in names {
            guard let data = FileManager.default.contents(atPath: "/usr/share/zoneinfo/\(name)"),
                let rules = try? ZoneRules(identifier: name, tzif: Array(data).span)
            else { continue }
            zones.append(rules)
        }
        return ZoneCatalog(zones)
    }()
}

/// Folders beside and in the package.
enum TestFolders {
    /// The folder with Package.swift, found from where this file was compiled.
    static let packageRoot: String = {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url.path
    }()

    static var vectors: String { packageRoot + "/Tests/Vectors" }

    /// Real data that is not part of the package; tests on it are skipped where it is absent.
    static var sharedData: String { packageRoot + "/../shared/data" }

    static var hasSharedData: Bool { FileManager.default.fileExists(atPath: sharedData + "/README.md") }

    static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }
}

/// Decodes into a fresh batch.
func decoded(_ bytes: [UInt8], _ mediaType: String) throws(DecodeError) -> ReadingBatch {
    guard let type = MediaType(mediaType) else {
        throw DecodeError(.unsupportedFormat, "not a media type: \(mediaType)")
    }
    var batch = ReadingBatch()
    try FormatCatalog.decode(bytes.span, mediaType: type, zones: TestZones.catalog, into: &batch)
    return batch
}

func decoded(_ text: String, _ mediaType: String) throws(DecodeError) -> ReadingBatch {
    try decoded(Array(text.utf8), mediaType)
}

/// What a payload was refused for; nil when it was not.
func refusal(_ text: String, _ mediaType: String) -> DecodeError? {
    do throws(DecodeError) {
        _ = try decoded(text, mediaType)
        return nil
    } catch {
        return error
    }
}

/// A small seeded generator, so that a failure can be run again.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }
}
