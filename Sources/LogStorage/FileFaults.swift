/// Faults for tests of the storage: each hook sees the path and answers an `errno` to fail with, or nil.
package struct FileFaults: Sendable {
    package var beforeRead: (@Sendable (_ path: String, _ position: Int) -> Int32?)?
    package var beforeSync: (@Sendable (_ path: String) -> Int32?)?
    package var beforeTruncate: (@Sendable (_ path: String) -> Int32?)?
    /// Answers how many bytes of a write arrive before the disk is full; nil lets all through.
    package var writeLimit: (@Sendable (_ path: String, _ byteCount: Int) -> Int?)?

    package init() {}

    func admit(_ path: String, _ byteCount: Int) -> Int? {
        guard let limit = writeLimit?(path, byteCount), limit < byteCount else { return nil }
        return limit
    }
}
