import Glibc

/// A file descriptor with its path; closed when the last user lets it go. Reads and writes name their position, so that
/// threads share it without a file offset.
final class LogFile: Sendable {
    let path: String
    private let descriptor: Int32
    private let faults: FileFaults?

    /// - Parameter flags: of `open(2)`; close-on-exec is added.
    init(path: String, flags: Int32, faults: FileFaults? = nil) throws(StorageError) {
        descriptor = Glibc.open(path, flags | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else { throw FileSystem.failure("open", path) }
        self.path = path
        self.faults = faults
    }

    deinit {
        close(descriptor)
    }

    func byteCount() throws(StorageError) -> Int {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw FileSystem.failure("fstat", path) }
        return Int(status.st_size)
    }

    /// Reads from `position` until `buffer` is full or the file ends.
    ///
    /// - Returns: bytes read.
    func read(into buffer: UnsafeMutableRawBufferPointer, at position: Int) throws(StorageError) -> Int {
        if let number = faults?.beforeRead?(path, position) { throw FileSystem.failure("pread", path, number) }
        var done = 0
        while done < buffer.count, let base = buffer.baseAddress {
            let got = pread(descriptor, base + done, buffer.count - done, position + done)
            if got == 0 { break }
            if got < 0 {
                if errno == EINTR { continue }
                throw FileSystem.failure("pread", path)
            }
            done += got
        }
        return done
    }

    /// Writes all of `bytes` at `position`.
    func write(_ bytes: UnsafeRawBufferPointer, at position: Int) throws(StorageError) {
        var pieces = [iovec(iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)]
        try write(&pieces, at: position)
    }

    /// Writes all pieces one after the other from `position` on, in one call where the system takes it.
    func write(_ pieces: inout [iovec], at position: Int) throws(StorageError) {
        var position = position
        var first = 0
        if let faults, let limit = faults.admit(path, pieces.reduce(0) { $0 + $1.iov_len }) {
            try writeThenFail(pieces, at: position, limit: limit)
        }
        while first < pieces.count {
            if pieces[first].iov_len == 0 {
                first += 1
                continue
            }
            let count = Int32(min(pieces.count - first, 1_024))
            let written = pieces.withUnsafeBufferPointer { buffer in
                pwritev(descriptor, buffer.baseAddress.map { $0 + first }, count, position)
            }
            if written < 0 {
                if errno == EINTR { continue }
                throw FileSystem.failure("pwritev", path)
            }
            position += written
            var left = written
            while first < pieces.count, left >= pieces[first].iov_len {
                left -= pieces[first].iov_len
                first += 1
            }
            if left > 0 {
                pieces[first].iov_base = pieces[first].iov_base + left
                pieces[first].iov_len -= left
            }
        }
    }

    /// Makes the content and the size durable.
    func sync() throws(StorageError) {
        if let number = faults?.beforeSync?(path) { throw FileSystem.failure("fdatasync", path, number) }
        while fdatasync(descriptor) != 0 {
            guard errno == EINTR else { throw FileSystem.failure("fdatasync", path) }
        }
    }

    func truncate(to byteCount: Int) throws(StorageError) {
        if let number = faults?.beforeTruncate?(path) { throw FileSystem.failure("ftruncate", path, number) }
        while ftruncate(descriptor, byteCount) != 0 {
            guard errno == EINTR else { throw FileSystem.failure("ftruncate", path) }
        }
    }

    /// A torn write as a full disk makes it: the first `limit` bytes arrive, then the error comes.
    private func writeThenFail(_ pieces: [iovec], at position: Int, limit: Int) throws(StorageError) {
        var left = limit
        var position = position
        for piece in pieces where left > 0 {
            let written = pwrite(descriptor, piece.iov_base, min(left, piece.iov_len), position)
            guard written >= 0 else { throw FileSystem.failure("pwrite", path) }
            left -= written
            position += written
        }
        throw FileSystem.failure("pwritev", path, ENOSPC)
    }
}
