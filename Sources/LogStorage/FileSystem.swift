import Glibc

/// The directory operations of the storage, each with its own error. Whatever changes a directory's entries is followed
/// by a sync of that directory: without it a crash may bring the old entries back.
enum FileSystem {
    /// The error for the `errno` of the call that has just failed.
    static func failure(_ operation: String, _ path: String, _ number: Int32 = errno) -> StorageError {
        switch number {
        case ENOSPC, EDQUOT, EFBIG: .diskFull(path: path)
        default: .inputOutput(operation: operation, path: path, errorNumber: number)
        }
    }

    static func exists(_ path: String) -> Bool {
        access(path, F_OK) == 0
    }

    /// Creates the directory if it is not there. The parent is not synced.
    static func makeDirectory(_ path: String) throws(StorageError) {
        if mkdir(path, 0o750) == 0 { return }
        guard errno == EEXIST else { throw failure("mkdir", path) }
    }

    /// Makes the entries of a directory durable.
    static func syncDirectory(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("open", path) }
        defer { close(descriptor) }
        guard fsync(descriptor) == 0 else { throw failure("fsync", path) }
    }

    /// Names in a directory, sorted, without `.` and `..`.
    static func entries(of path: String) throws(StorageError) -> [String] {
        guard let stream = opendir(path) else { throw failure("opendir", path) }
        defer { closedir(stream) }
        var names: [String] = []
        while true {
            errno = 0
            guard let entry = readdir(stream) else {
                guard errno == 0 else { throw failure("readdir", path) }
                return names.sorted()
            }
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
    }

    static func rename(_ from: String, to: String) throws(StorageError) {
        guard Glibc.rename(from, to) == 0 else { throw failure("rename", from) }
    }

    /// Removes a file; one that is not there is no error.
    ///
    /// - Parameter keepsOnReadOnlyDisk: a file on a disk that takes no writes stays there without an error: for opening,
    ///   so that what is on such a disk can be read.
    static func remove(_ path: String, keepsOnReadOnlyDisk: Bool = false) throws(StorageError) {
        if unlink(path) == 0 || errno == ENOENT || (keepsOnReadOnlyDisk && errno == EROFS) { return }
        throw failure("unlink", path)
    }

    /// Whether the disk takes no writes.
    static func isReadOnlyDisk(_ path: String) -> Bool {
        access(path, W_OK) != 0 && errno == EROFS
    }

    /// Removes a directory with all that is in it.
    static func removeTree(_ path: String) throws(StorageError) {
        for name in try entries(of: path) {
            let child = path + "/" + name
            if unlink(child) == 0 { continue }
            guard errno == EISDIR || errno == EPERM else { throw failure("unlink", child) }
            try removeTree(child)
        }
        guard rmdir(path) == 0 else { throw failure("rmdir", path) }
    }

    /// All bytes of a small file; nil if it is not there.
    static func read(_ path: String) throws(StorageError) -> [UInt8]? {
        guard exists(path) else { return nil }
        let file = try LogFile(path: path, flags: O_RDONLY)
        let count = try file.byteCount()
        var bytes = [UInt8](repeating: 0, count: count)
        let got = try bytes.withUnsafeMutableBufferPointer { (buffer) throws(StorageError) -> Int in
            try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
        }
        bytes.removeLast(count - got)
        return bytes
    }

    /// Replaces a file so that after a crash there is either the old content or the new, whole.
    static func replace(
        _ path: String,
        with bytes: [UInt8],
        faults: FileFaults? = nil
    ) throws(StorageError) {
        let temporary = path + ".tmp"
        let file = try LogFile(path: temporary, flags: O_RDWR | O_CREAT | O_TRUNC, faults: faults)
        try bytes.withUnsafeBufferPointer { (buffer) throws(StorageError) in
            try file.write(UnsafeRawBufferPointer(buffer), at: 0)
        }
        try file.sync()
        try rename(temporary, to: path)
        try syncDirectory(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    }

    /// When the file was last written, milliseconds since 1970.
    static func modificationMilliseconds(_ path: String) throws(StorageError) -> Int64 {
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure("stat", path) }
        return Int64(status.st_mtim.tv_sec) * 1_000 + Int64(status.st_mtim.tv_nsec) / 1_000_000
    }
}
