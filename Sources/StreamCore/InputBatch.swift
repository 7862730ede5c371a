/// Records that one poll gave, in poll order, over one arena of bytes.
///
/// Cleared and filled again by every poll, so after warm-up a poll allocates nothing. Consecutive records of one partition form a
/// run (`runs`); a processor is handed one run at a time. Bytes are read as `batch.bytes.span.extracting(batch.entries[i].value)`.
public struct InputBatch: Sendable {
    /// One record.
    public struct Entry: Sendable {
        /// Index into `partitions`.
        public var partitionSlot: Int32
        public var offset: Int64
        /// Record timestamp: milliseconds since 1970-01-01T00:00:00Z.
        public var timestampMilliseconds: Int64
        public var key: Range<Int>
        public var value: Range<Int>
        /// A null value (tombstone); `value` is then empty.
        public var isTombstone: Bool
        /// Range of `headers`.
        public var headers: Range<Int>
    }

    /// A header: byte ranges of its name and value.
    public struct Header: Sendable {
        public var name: Range<Int>
        public var value: Range<Int>
    }

    /// Keys, values and headers, back to back.
    public private(set) var bytes: [UInt8] = []
    public private(set) var entries: [Entry] = []
    public private(set) var headers: [Header] = []
    public private(set) var partitions: [TopicPartition] = []

    public init() {}

    public var count: Int { entries.count }
    public var isEmpty: Bool { entries.isEmpty }
    public var byteCount: Int { bytes.count }

    public func partition(of index: Int) -> TopicPartition {
        partitions[Int(entries[index].partitionSlot)]
    }

    /// Forgets the records, keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        headers.removeAll(keepingCapacity: true)
        partitions.removeAll(keepingCapacity: true)
    }

    /// The slot of a partition, added when it is new to this batch.
    public mutating func slot(of partition: TopicPartition) -> Int32 {
        if let last = partitions.last, last == partition { return Int32(partitions.count - 1) }
        if let found = partitions.firstIndex(of: partition) { return Int32(found) }
        partitions.append(partition)
        return Int32(partitions.count - 1)
    }

    /// Appends a record; its headers are added afterwards with `appendHeader`.
    public mutating func append(
        slot: Int32,
        offset: Int64,
        timestampMilliseconds: Int64,
        key: Span<UInt8>,
        value: Span<UInt8>,
        isTombstone: Bool = false
    ) {
        let keyRange = copy(key)
        let valueRange = copy(value)
        entries.append(
            Entry(
                partitionSlot: slot,
                offset: offset,
                timestampMilliseconds: timestampMilliseconds,
                key: keyRange,
                value: valueRange,
                isTombstone: isTombstone,
                headers: headers.count..<headers.count
            )
        )
    }

    /// Adds a header to the last record.
    public mutating func appendHeader(name: Span<UInt8>, value: Span<UInt8>) {
        guard !entries.isEmpty else { return }
        let nameRange = copy(name)
        let valueRange = copy(value)
        headers.append(Header(name: nameRange, value: valueRange))
        let first = entries[entries.count - 1].headers.lowerBound
        entries[entries.count - 1].headers = first..<headers.count
    }

    /// The value range of the named header of a record, or nil.
    public func header(_ name: String, of index: Int) -> Range<Int>? {
        for header in headers[entries[index].headers] where isEqual(header.name, name) {
            return header.value
        }
        return nil
    }

    /// The named header as text (invalid UTF-8 is repaired).
    public func headerText(_ name: String, of index: Int) -> String? {
        header(name, of: index).map { String(decoding: bytes[$0], as: UTF8.self) }
    }

    /// The maximal ranges of consecutive entries that belong to one partition, in order.
    public func runs() -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start = 0
        while start < entries.count {
            var end = start + 1
            while end < entries.count, entries[end].partitionSlot == entries[start].partitionSlot { end += 1 }
            result.append(start..<end)
            start = end
        }
        return result
    }

    private mutating func copy(_ source: Span<UInt8>) -> Range<Int> {
        let start = bytes.count
        bytes.append(contentsOf: source)
        return start..<bytes.count
    }

    private func isEqual(_ range: Range<Int>, _ name: String) -> Bool {
        let utf8 = name.utf8
        guard utf8.count == range.count else { return false }
        return bytes[range].elementsEqual(utf8)
    }
}

extension [UInt8] {
    /// Appends a span's bytes in one copy.
    mutating func append(contentsOf source: Span<UInt8>) {
        unsafe source.withUnsafeBufferPointer { buffer in
            unsafe self.append(contentsOf: buffer)
        }
    }
}
