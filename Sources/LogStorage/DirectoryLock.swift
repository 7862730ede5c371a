import Glibc
import Synchronization

/// The lock that keeps a second process out of a data directory. The kernel lets go of it when the process dies.
final class DirectoryLock: Sendable {
    private let descriptor: Mutex<Int32>

    init(path: String) throws(StorageError) {
        let file = path + "/lock"
        var descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
        if descriptor < 0, errno == EROFS { descriptor = open(file, O_RDONLY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw FileSystem.failure("open", file) }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            let number = errno
            Glibc.close(descriptor)
            if number == EWOULDBLOCK { throw .directoryInUse(path: path) }
            throw FileSystem.failure("flock", file, number)
        }
        self.descriptor = Mutex(descriptor)
    }

    deinit {
        release()
    }

    /// Lets another process in. Releasing twice does nothing.
    func release() {
        descriptor.withLock { descriptor in
            guard descriptor >= 0 else { return }
            // Closing alone would leave the lock with a child process that is just being started.
            flock(descriptor, LOCK_UN)
            Glibc.close(descriptor)
            descriptor = -1
        }
    }
}
