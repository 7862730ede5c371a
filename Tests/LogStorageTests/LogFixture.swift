import Glibc
import KafkaProtocol
import LogStorage
import Synchronization
import Testing

/// A directory for one test, removed with it, and short ways to write and read logs in it.
final class LogFixture: Sendable {
    let path: String
    private let seen = Mutex<[StorageEvent]>([])

    init() {
        // In memory if there is such a place: the tests sync often, and do not lose power.
        let parent = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp"
        var template = Array("\(parent)/logstorage-test-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) } ?? ""
        }
        precondition(!path.isEmpty, "no temporary directory")
    }

    deinit {
        Self.run("rm", ["-rf", path])
    }

    /// What the storage has reported.
    var events: [StorageEvent] { seen.withLock { $0 } }

    func options(_ change: (inout LogDirectory.Options) -> Void = { _ in }) -> LogDirectory.Options {
        var options = LogDirectory.Options()
        options.report = { [weak self] event in self?.seen.withLock { $0.append(event) } }
        change(&options)
        return options
    }

    /// Opens a log in a directory of its own under the fixture.
    func log(
        _ name: String = "log",
        config: LogConfig = LogConfig(),
        _ change: (inout LogDirectory.Options) -> Void = { _ in }
    ) throws -> PartitionLog {
        let directory = path + "/" + name
        mkdir(directory, 0o755)
        return try PartitionLog.open(
            topic: "topic",
            partition: 0,
            path: directory,
            config: config,
            options: options(change)
        )
    }

    /// Copies a log's directory as a crash would leave it: what was written is there, synced or not.
    func crashCopy(_ name: String = "log", to copy: String) {
        mkdir(path + "/" + copy, 0o755)
        for file in files(copy, suffix: "") where file != "." && file != ".." { unlink(path + "/\(copy)/\(file)") }
        for file in files(name, suffix: "") where file != "." && file != ".." {
            write(bytes("\(name)/\(file)"), to: "\(copy)/\(file)")
        }
    }

    /// Names of the files of a log, sorted.
    func files(_ name: String = "log", suffix: String) -> [String] {
        var names: [String] = []
        guard let directory = opendir(path + "/" + name) else { return [] }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasSuffix(suffix) { names.append(name) }
        }
        return names.sorted()
    }

    func remove(_ file: String) {
        unlink(path + "/" + file)
    }

    func bytes(_ file: String) -> [UInt8] {
        guard let stream = fopen(path + "/" + file, "rb") else { return [] }
        defer { fclose(stream) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let got = fread(&chunk, 1, chunk.count, stream)
            if got == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<got])
        }
    }

    func write(_ bytes: [UInt8], to file: String) {
        guard let stream = fopen(path + "/" + file, "wb") else { return }
        defer { fclose(stream) }
        fwrite(bytes, 1, bytes.count, stream)
    }

    static func run(_ program: String, _ arguments: [String]) {
        let words = [program] + arguments
        var pointers: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        pointers.append(nil)
        defer { for pointer in pointers { free(pointer) } }
        var child = pid_t()
        guard posix_spawnp(&child, program, nil, nil, pointers, environ) == 0 else { return }
        var status: Int32 = 0
        waitpid(child, &status, 0)
    }
}

/// Batches for tests.
enum Batch {
    static let start: Int64 = 1_700_000_000_000

    /// A batch of `count` records with values of `size` bytes that tell them apart.
    static func plain(
        _ count: Int = 1,
        size: Int = 10,
        tag: UInt8 = 0,
        timestamp: Int64 = start,
        producer: RecordBatchBuilder.Producer? = nil
    ) -> [UInt8] {
        var builder = RecordBatchBuilder(baseTimestamp: timestamp, producer: producer)
        for number in 0..<count {
            builder.append(
                key: [tag, UInt8(truncatingIfNeeded: number)],
                value: [UInt8](repeating: tag, count: size),
                timestamp: timestamp + Int64(number)
            )
        }
        return builder.build()
    }

    static func producer(
        _ id: Int64,
        epoch: Int16 = 0,
        sequence: Int32,
        transactional: Bool = false
    ) -> RecordBatchBuilder.Producer {
        RecordBatchBuilder.Producer(id: id, epoch: epoch, baseSequence: sequence, isTransactional: transactional)
    }

    /// A record of a compacted topic.
    static func keyed(_ key: String, _ value: String?, timestamp: Int64 = start) -> [UInt8] {
        var builder = RecordBatchBuilder(baseTimestamp: timestamp)
        builder.append(key: Array(key.utf8), value: value.map { Array($0.utf8) })
        return builder.build()
    }
}

/// A record as a consumer sees it.
struct Seen: Equatable {
    var offset: Int64
    var key: [UInt8]?
    var value: [UInt8]?
}

extension PartitionLog {
    /// All records from `offset` on that a consumer of this isolation sees: as clients do, without control records and,
    /// if read committed, without those of aborted transactions.
    func records(
        from offset: Int64? = nil,
        isolation: IsolationLevel = .readUncommitted,
        maxBytes: Int = 1 << 20
    ) throws -> [Seen] {
        var next = offset ?? logStartOffset
        var found: [Seen] = []
        while true {
            let slice = try read(from: next, maxBytes: maxBytes, isolation: isolation, minimumOneBatch: true)
            let bytes = try slice.bytes()
            if bytes.isEmpty { return found }
            var aborting: Set<Int64> = []
            var aborted = slice.abortedTransactions.sorted { $0.firstOffset < $1.firstOffset }
            try bytes.withUnsafeBytes { buffer in
                var start = 0
                while start < buffer.count {
                    let batch = UnsafeRawBufferPointer(rebasing: buffer[start...])
                    let header = try RecordBatchHeader(validating: batch)
                    start += header.totalByteCount
                    #expect(header.nextOffset > next)
                    let asked = next
                    next = header.nextOffset
                    while let first = aborted.first, first.firstOffset <= header.lastOffset {
                        aborting.insert(first.producerId)
                        aborted.removeFirst()
                    }
                    if header.isControl {
                        aborting.remove(header.producerId)
                        continue
                    }
                    if header.isTransactional, aborting.contains(header.producerId) { continue }
                    var records = try RecordIterator(batch: batch)
                    while let record = try records.next() {
                        guard record.offset >= asked else { continue }
                        found.append(
                            Seen(
                                offset: record.offset,
                                key: record.key.map { Array(batch[$0]) },
                                value: record.value.map { Array(batch[$0]) }
                            )
                        )
                    }
                }
            }
        }
    }

    @discardableResult
    func put(_ batch: [UInt8], at now: Int64 = Batch.start) throws -> AppendResult {
        try append(batch, nowMilliseconds: now)
    }

    @discardableResult
    func end(
        _ marker: TransactionMarker,
        _ producerId: Int64,
        epoch: Int16 = 0,
        coordinatorEpoch: Int32 = 1
    ) throws -> AppendResult {
        try appendControl(
            marker: marker,
            producerId: producerId,
            producerEpoch: epoch,
            coordinatorEpoch: coordinatorEpoch,
            nowMilliseconds: Batch.start
        )
    }
}

/// SplitMix64: the same numbers for the same seed.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: Int) {
        state = UInt64(seed)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
