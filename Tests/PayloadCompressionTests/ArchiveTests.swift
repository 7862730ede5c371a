import PayloadCompression
import Testing

/// A ZIP of `a.csv` ("100,NEM12\n", stored) and `b/c.csv` (200 times "300,", deflated), made with Python's zipfile.
private let zipSample: [UInt8] = [
    0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0x00, 0x3a, 0x4f,
    0x69, 0x23, 0x0a, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x61, 0x2e,
    0x63, 0x73, 0x76, 0x31, 0x30, 0x30, 0x2c, 0x4e, 0x45, 0x4d, 0x31, 0x32, 0x0a, 0x50, 0x4b, 0x03,
    0x04, 0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21, 0x00, 0x35, 0x6d, 0x4d, 0xf3, 0x0d,
    0x00, 0x00, 0x00, 0x20, 0x03, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x62, 0x2f, 0x63, 0x2e, 0x63,
    0x73, 0x76, 0x33, 0x36, 0x30, 0xd0, 0x31, 0x1e, 0xc5, 0xa3, 0x78, 0x14, 0x63, 0xc5, 0x00, 0x50,
    0x4b, 0x01, 0x02, 0x14, 0x03, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0x00, 0x3a,
    0x4f, 0x69, 0x23, 0x0a, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x01, 0x00, 0x00, 0x00, 0x00, 0x61, 0x2e, 0x63,
    0x73, 0x76, 0x50, 0x4b, 0x01, 0x02, 0x14, 0x03, 0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00,
    0x21, 0x00, 0x35, 0x6d, 0x4d, 0xf3, 0x0d, 0x00, 0x00, 0x00, 0x20, 0x03, 0x00, 0x00, 0x07, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x80, 0x01, 0x2d, 0x00, 0x00, 0x00,
    0x62, 0x2f, 0x63, 0x2e, 0x63, 0x73, 0x76, 0x50, 0x4b, 0x05, 0x06, 0x00, 0x00, 0x00, 0x00, 0x02,
    0x00, 0x02, 0x00, 0x68, 0x00, 0x00, 0x00, 0x5f, 0x00, 0x00, 0x00, 0x00, 0x00,
]

/// A tar of `a.csv` ("time,kWh\n") and of a member with a 150-character path in a pax header ("x").
private let tarHeaderBlocks: [UInt8] = {
    var bytes: [UInt8] = []
    appendMember("a.csv", type: "0", Array("time,kWh\n".utf8), to: &bytes)
    let path = String(repeating: "d/", count: 73) + "file"
    let record = "path=\(path)\n"
    let length = record.utf8.count + 4
    appendMember("PaxHeaders/file", type: "x", Array("\(length) \(record)".utf8), to: &bytes)
    appendMember("file", type: "0", Array("x".utf8), to: &bytes)
    appendMember("dir/", type: "5", [], to: &bytes)
    return bytes + [UInt8](repeating: 0, count: 1024)
}()

private func appendMember(_ name: String, type: Character, _ content: [UInt8], to bytes: inout [UInt8]) {
    var header = [UInt8](repeating: 0, count: 512)
    func put(_ text: String, at start: Int) { header.replaceSubrange(start..<start + text.utf8.count, with: text.utf8) }
    put(name, at: 0)
    let octal = String(content.count, radix: 8)
    put(String(repeating: "0", count: 11 - octal.count) + octal, at: 124)
    put("        ", at: 148)
    put(String(type), at: 156)
    put("ustar", at: 257)
    put("00", at: 263)
    let sum = String(header.reduce(0) { $0 + Int($1) }, radix: 8)
    put(String(repeating: "0", count: 6 - sum.count) + sum, at: 148)
    header[154] = 0
    bytes += header + content
    bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
}

struct ArchiveTests {
    @Test func zipMembers() throws {
        let archive = try ZipArchive(zipSample)
        #expect(archive.entries.map(\.name) == ["a.csv", "b/c.csv"])
        #expect(try archive.contents(of: archive.entries[0], limitBytes: 100) == Array("100,NEM12\n".utf8))
        let repeated = Array(String(repeating: "300,", count: 200).utf8)
        #expect(try archive.contents(of: archive.entries[1], limitBytes: 800) == repeated)
        #expect(throws: CompressionError.tooLarge(limitBytes: 799)) {
            try archive.contents(of: archive.entries[1], limitBytes: 799)
        }
    }

    @Test func brokenZipsAreRefused() {
        for length in 0..<zipSample.count {
            #expect(throws: CompressionError.self) { try ZipArchive(Array(zipSample[..<length])) }
        }
        for bit in 0..<zipSample.count * 8 {
            var broken = zipSample
            broken[bit / 8] ^= 1 << (bit % 8)
            guard let archive = try? ZipArchive(broken) else { continue }
            for entry in archive.entries {
                guard let content = try? archive.contents(of: entry, limitBytes: 1000) else { continue }
                #expect(content.count == entry.size)
            }
        }
    }

    @Test func tarMembers() throws {
        let archive = try TarArchive(tarHeaderBlocks)
        #expect(archive.entries.map(\.name) == ["a.csv", String(repeating: "d/", count: 73) + "file"])
        #expect(Array(archive.contents(of: archive.entries[0])) == Array("time,kWh\n".utf8))
        #expect(Array(archive.contents(of: archive.entries[1])) == Array("x".utf8))
    }

    @Test func brokenTarsAreRefused() {
        #expect(throws: CompressionError.truncated) { try TarArchive(Array(tarHeaderBlocks[..<700])) }
        var broken = tarHeaderBlocks
        broken[0] ^= 1
        #expect(throws: CompressionError.corrupt("checksum of a tar header")) { try TarArchive(broken) }
        for byte in 0..<tarHeaderBlocks.count {
            var flipped = tarHeaderBlocks
            flipped[byte] ^= 0x80
            guard let archive = try? TarArchive(flipped) else { continue }
            #expect(archive.entries.count <= 3)
        }
    }
}
