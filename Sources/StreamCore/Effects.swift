/// What a processor wants to happen: records to be produced and counters to be moved. A fold only describes effects; the
/// runtime carries them out in the transaction that commits the input offsets.
///
/// While a task is being restored the effects are muted: everything is folded, nothing is kept (`isMuted` lets a processor skip
/// the encoding, never the state change).
public struct Effects: Sendable {
    /// A topic that a processor writes to, with its number of partitions.
    public struct Output: Sendable, Equatable {
        public var topic: String
        public var partitionCount: Int32

        public init(topic: String, partitionCount: Int32) {
            self.topic = topic
            self.partitionCount = partitionCount
        }
    }

    /// One record to be produced; ranges are of `bytes`.
    public struct Entry: Sendable {
        /// Index into `outputs`.
        public var output: Int
        public var partition: Int32
        /// Milliseconds since 1970-01-01T00:00:00Z.
        public var timestampMilliseconds: Int64
        public var key: Range<Int>
        public var value: Range<Int>
    }

    public let outputs: [Output]
    public private(set) var bytes: [UInt8] = []
    public private(set) var entries: [Entry] = []
    /// One number per name in the processor's `counterNames`.
    public private(set) var counters: [Int64]
    /// Set by the runtime while a task is restored.
    public var isMuted = false

    public init(outputs: [Output], counterCount: Int) {
        self.outputs = outputs
        self.counters = Array(repeating: 0, count: counterCount)
    }

    public var byteCount: Int { bytes.count }
    public var isEmpty: Bool { entries.isEmpty }

    /// Forgets entries and counters, keeps the memory.
    public mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        entries.removeAll(keepingCapacity: true)
        for index in counters.indices { counters[index] = 0 }
    }

    public mutating func count(_ counter: Int, by amount: Int64 = 1) {
        guard !isMuted else { return }
        counters[counter] += amount
    }

    /// Emits a record to the partition that Kafka's default partitioner gives its key (murmur2). `encode` appends the value.
    public mutating func emit(
        to output: Int,
        key: [UInt8],
        timestampMilliseconds: Int64,
        encode: (inout [UInt8]) -> Void
    ) {
        let partition = Partitioner.partition(ofKey: key.span, count: outputs[output].partitionCount)
        emit(to: output, partition: partition, key: key, timestampMilliseconds: timestampMilliseconds, encode: encode)
    }

    /// Emits a record to a partition chosen by the processor (a broadcast).
    public mutating func emit(
        to output: Int,
        partition: Int32,
        key: [UInt8],
        timestampMilliseconds: Int64,
        encode: (inout [UInt8]) -> Void
    ) {
        guard !isMuted else { return }
        let keyStart = bytes.count
        bytes.append(contentsOf: key)
        let valueStart = bytes.count
        encode(&bytes)
        entries.append(
            Entry(
                output: output,
                partition: partition,
                timestampMilliseconds: timestampMilliseconds,
                key: keyStart..<valueStart,
                value: valueStart..<bytes.count
            )
        )
    }

    /// Emits a record whose value is encoded already, to the partition that Kafka's default partitioner gives its key.
    public mutating func emit(
        to output: Int,
        key: Span<UInt8>,
        timestampMilliseconds: Int64,
        value: Span<UInt8>
    ) {
        let partition = Partitioner.partition(ofKey: key, count: outputs[output].partitionCount)
        emit(to: output, partition: partition, key: key, timestampMilliseconds: timestampMilliseconds, value: value)
    }

    /// Emits a record whose value is encoded already, to a partition chosen by the processor.
    public mutating func emit(
        to output: Int,
        partition: Int32,
        key: Span<UInt8>,
        timestampMilliseconds: Int64,
        value: Span<UInt8>
    ) {
        guard !isMuted else { return }
        let keyStart = bytes.count
        bytes.append(contentsOf: key)
        let valueStart = bytes.count
        bytes.append(contentsOf: value)
        entries.append(
            Entry(
                output: output,
                partition: partition,
                timestampMilliseconds: timestampMilliseconds,
                key: keyStart..<valueStart,
                value: valueStart..<bytes.count
            )
        )
    }
}
