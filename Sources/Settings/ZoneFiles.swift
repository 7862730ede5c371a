import Foundation
public import MeterCore

/// Loads the time zone database of the machine into a catalogue that processors can be given.
public enum ZoneFiles {
    /// Every zone under `directory` (TZif files, RFC 8536), by its path: `Europe/Berlin`.
    /// - Throws: when the folder is absent or holds no zone; a single bad file is left out and named in `skipped`.
    public static func load(_ directory: String) throws(SettingsError) -> (zones: ZoneCatalog, skipped: [String]) {
        guard let walker = FileManager.default.enumerator(atPath: directory) else {
            throw .unreadable(path: directory, reason: "no time zone database; install tzdata")
        }
        var zones: [ZoneRules] = []
        var skipped: [String] = []
        let excluded: Set<String> = ["posix", "right"]
        for case let name as String in walker {
            if excluded.contains(name) {
                walker.skipDescendants()
                continue
            }
            let path = directory + "/" + name
            guard let handle = FileHandle(forReadingAtPath: path) else { continue }
            defer { closeQuietly(handle) }
            guard let magic = readable(handle, upTo: 4), magic == Data("TZif".utf8) else { continue }
            let bytes = try TextFile.bytes(path)
            do {
                zones.append(try ZoneRules(identifier: name, tzif: bytes.span))
            } catch {
                skipped.append(name)
            }
        }
        guard !zones.isEmpty else { throw .unreadable(path: directory, reason: "holds no time zone; install tzdata") }
        return (ZoneCatalog(zones), skipped)
    }

    /// The first bytes, nil for folders and what can't be read: those are no zones.
    private static func readable(_ handle: FileHandle, upTo count: Int) -> Data? {
        do { return try handle.read(upToCount: count) } catch { return nil }
    }

    private static func closeQuietly(_ handle: FileHandle) {
        // A file opened for reading has nothing to lose when closing fails.
        do { try handle.close() } catch { return }
    }
}
