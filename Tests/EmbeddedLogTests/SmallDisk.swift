import Foundation

/// A file system in memory of a given size, mounted on a folder. Needs root and a kernel that lets it mount.
final class SmallDisk {
    let path: String

    /// Nil where mounting is not allowed.
    init?(megabytes: Int, at path: String) throws {
        self.path = path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        guard try Self.run("mount", "-t", "tmpfs", "-o", "size=\(megabytes)m,mode=0755", "tmpfs", path) else {
            return nil
        }
    }

    /// Whether this process may mount.
    static let isAllowed: Bool = {
        do {
            let path = try TestBroker.makeDirectory()
            guard let disk = try SmallDisk(megabytes: 1, at: path) else { return false }
            try disk.unmount()
            try TestBroker.removeDirectory(path)
            return true
        } catch {
            return false
        }
    }()

    func resize(megabytes: Int) throws {
        guard try Self.run("mount", "-o", "remount,size=\(megabytes)m", path) else { throw TestFailure("resize") }
    }

    /// Nobody may have files open for writing then.
    func setReadOnly(_ isReadOnly: Bool) throws {
        guard try Self.run("mount", "-o", "remount,\(isReadOnly ? "ro" : "rw")", path) else {
            throw TestFailure("remount")
        }
    }

    func unmount() throws {
        guard try Self.run("umount", path) else { throw TestFailure("umount") }
    }

    private static func run(_ command: String...) throws -> Bool {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        process.standardError = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        return process.terminationStatus == 0
    }
}
