import Glibc
import Synchronization

/// The open files of a data directory, at most `limit` of them kept between uses; the least recently used one goes first.
///
/// A file in use stays open with its users even when it has left the cache.
final class OpenFileCache: Sendable {
    private struct Entry {
        let file: LogFile
        var lastUse: UInt64
    }

    private struct State {
        var entries: [String: Entry] = [:]
        var clock: UInt64 = 0
    }

    let faults: FileFaults?
    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int, faults: FileFaults? = nil) {
        self.limit = max(1, limit)
        self.faults = faults
    }

    /// The file at `path`, opened for reading and writing if it is not open already.
    ///
    /// - Parameter create: the file must not be there yet.
    func file(at path: String, create: Bool = false) throws(StorageError) -> LogFile {
        try state.withLock { (state) throws(StorageError) in
            state.clock += 1
            if !create, let entry = state.entries[path] {
                state.entries[path]?.lastUse = state.clock
                return entry.file
            }
            let flags = create ? O_RDWR | O_CREAT | O_EXCL : O_RDWR
            let file: LogFile
            do throws(StorageError) {
                file = try LogFile(path: path, flags: flags, faults: faults)
            } catch {
                guard !create, case .inputOutput(_, _, EROFS) = error else { throw error }
                // A disk that went read-only can still be read.
                file = try LogFile(path: path, flags: O_RDONLY, faults: faults)
            }
            if state.entries.count >= limit,
                let oldest = state.entries.min(by: { $0.value.lastUse < $1.value.lastUse })
            {
                state.entries[oldest.key] = nil
            }
            state.entries[path] = Entry(file: file, lastUse: state.clock)
            return file
        }
    }

    /// Forgets a path whose file is removed or replaced.
    func forget(_ path: String) {
        state.withLock { $0.entries[path] = nil }
    }

    /// Forgets all paths that begin with `prefix`.
    func forgetAll(under prefix: String) {
        state.withLock { state in
            for path in state.entries.keys.filter({ $0.hasPrefix(prefix) }) {
                state.entries[path] = nil
            }
        }
    }
}
