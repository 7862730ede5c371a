import PayloadCompression
import Settings

/// The files inside what was named on the command line: compression and archives taken off.
struct InputFile: Sendable {
    /// Path of the file, and its name inside the archive after a `!`.
    var name: String
    var bytes: [UInt8]

    /// File name without folders and endings: `buildings/Office_Abbey.csv` gives `Office_Abbey`.
    var stem: String {
        let last = name.split(whereSeparator: { $0 == "/" || $0 == "!" }).last.map(String.init) ?? name
        guard let point = last.firstIndex(of: ".") else { return last }
        return String(last[..<point])
    }

    /// Content of one file at the most after unpacking; larger ones are to be split by their owner.
    static let maxBytes = 2 << 30

    /// Reads `path`; gzip, lz4, xz, zip and tar (also compressed) are recognised by their content.
    static func read(_ path: String) throws -> [InputFile] {
        try unpack(InputFile(name: path, bytes: try TextFile.bytes(path)), depth: 0)
    }

    private static func unpack(_ file: InputFile, depth: Int) throws -> [InputFile] {
        guard depth < 4 else { throw IngestError.unusable("\(file.name): archives nested too deeply") }
        if let coding = ContentCoding.sniffed(file.bytes.span) {
            let content = try named(file.name) { () throws(CompressionError) in
                try coding.decompress(file.bytes.span, limitBytes: maxBytes)
            }
            return try unpack(InputFile(name: file.name, bytes: content), depth: depth + 1)
        }
        if file.bytes.starts(with: [0x50, 0x4b, 0x03, 0x04]) { return try unzip(file, depth: depth) }
        if isTar(file.bytes) {
            let archive = try named(file.name) { () throws(CompressionError) in try TarArchive(file.bytes) }
            return try archive.entries.flatMap { entry in
                try unpack(
                    InputFile(name: "\(file.name)!\(entry.name)", bytes: Array(archive.contents(of: entry))),
                    depth: depth + 1
                )
            }
        }
        return [file]
    }

    private static func unzip(_ file: InputFile, depth: Int) throws -> [InputFile] {
        let archive = try named(file.name) { () throws(CompressionError) in try ZipArchive(file.bytes) }
        return try archive.entries.filter { !$0.name.hasSuffix("/") }.flatMap { entry in
            let content = try named(file.name) { () throws(CompressionError) in
                try archive.contents(of: entry, limitBytes: maxBytes)
            }
            return try unpack(InputFile(name: "\(file.name)!\(entry.name)", bytes: content), depth: depth + 1)
        }
    }

    /// `ustar` at offset 257 (POSIX.1-1988, ustar interchange format).
    private static func isTar(_ bytes: [UInt8]) -> Bool {
        bytes.count >= 512 && bytes[257..<262].elementsEqual("ustar".utf8)
    }

    private static func named<Value>(_ name: String, _ body: () throws(CompressionError) -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw IngestError.unusable("\(name): \(error)")
        }
    }
}

/// Why files can't be taken in.
enum IngestError: Error, CustomStringConvertible {
    case unusable(String)

    var description: String {
        switch self {
        case .unusable(let reason): reason
        }
    }
}
