import LogStorage
import NIOPosix
import Synchronization

/// Hands out producer ids, each once for the life of the data directory: reserves them on disk in blocks.
final class ProducerIds: Sendable {
    private static let counterName = "next-producer-id"
    private static let blockSize: Int64 = 1_000

    private struct Block {
        var next: Int64 = 0
        var end: Int64 = 0
    }

    private let directory: LogDirectory
    private let threads: NIOThreadPool
    private let block = Mutex(Block())

    init(directory: LogDirectory, threads: NIOThreadPool) {
        self.directory = directory
        self.threads = threads
    }

    /// Calls `completion` with an id that nobody has; at once, or from another thread after the disk has it.
    func next(_ completion: @escaping @Sendable (Result<Int64, StorageError>) -> Void) {
        if let id = takeReserved() {
            completion(.success(id))
            return
        }
        threads.submit { [self] state in
            guard case .active = state else {
                completion(.failure(.closed))
                return
            }
            completion(Result { () throws(StorageError) in try reserveAndTake() })
        }
    }

    private func takeReserved() -> Int64? {
        block.withLock { block in
            guard block.next < block.end else { return nil }
            defer { block.next += 1 }
            return block.next
        }
    }

    private func reserveAndTake() throws(StorageError) -> Int64 {
        let result: Result<Int64, StorageError> = block.withLock { block in
            Result { () throws(StorageError) in
                if block.next == block.end {
                    let start = directory.counter(Self.counterName) ?? 1_000
                    try directory.setCounter(Self.counterName, to: start + Self.blockSize)
                    block = Block(next: start, end: start + Self.blockSize)
                }
                defer { block.next += 1 }
                return block.next
            }
        }
        return try result.get()
    }
}
