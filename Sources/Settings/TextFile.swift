import Foundation
import Glibc

/// Files that the programs read at their start: configuration, topic declarations, migrations, zones.
public enum TextFile {
    /// A file's text and its permission bits.
    public static func read(_ path: String) throws(SettingsError) -> (text: String, mode: UInt32) {
        let bytes = try bytes(path)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .unreadable(path: path, reason: "not UTF-8")
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw .unreadable(path: path, reason: String(cString: strerror(errno))) }
        return (text, status.st_mode)
    }

    public static func bytes(_ path: String) throws(SettingsError) -> [UInt8] {
        do {
            return [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        } catch {
            let reason = access(path, F_OK) == 0 ? "can't be read: \(error.localizedDescription)" : "no such file"
            throw .unreadable(path: path, reason: reason)
        }
    }

    /// The files of a folder with this ending, by name: path and text.
    public static func folder(_ path: String, ending: String) throws(SettingsError) -> [(name: String, text: String)] {
        let names: [String]
        do {
            names = try FileManager.default.contentsOfDirectory(atPath: path)
        } catch {
            throw .unreadable(path: path, reason: "no such folder; is METERLOG_HOME (or --home) right?")
        }
        var files: [(name: String, text: String)] = []
        for name in names.sorted() where name.hasSuffix(ending) {
            files.append((name, try read(path + "/" + name).text))
        }
        return files
    }
}
