/// Why the storage refused or failed. Named by what the caller can do about it.
public enum StorageError: Error, Equatable, Sendable {
    // The request is wrong: answer the client, nothing has changed.

    /// A batch is not what a batch must be: magic, length, count, checksum, or a key missing in a compacted topic.
    case invalidRecord(String)
    /// Some records of a batch are not what the topic takes; nothing of the batch was kept.
    ///
    /// - `indexes`: the places of these records in the batch, ascending.
    case invalidRecords(indexes: [Int32], reason: String)
    /// The checksum of a batch does not fit: damaged on the way.
    case corruptBatch(String)
    /// A batch is larger than `max.message.bytes`.
    case messageTooLarge(byteCount: Int, limit: Int)
    /// The offset is outside what the log holds.
    case offsetOutOfRange(start: Int64, end: Int64)
    /// A timestamp or timestamp type that the topic's settings do not allow.
    case invalidTimestamp(String)
    /// The sequence number does not follow the producer's last one (nor repeats one of its last five batches).
    case outOfOrderSequence(producerId: Int64, expected: Int32, found: Int32)
    /// The producer has been fenced by a newer epoch.
    case invalidProducerEpoch(producerId: Int64, current: Int16, found: Int16)
    /// A marker of a transaction coordinator that has been replaced by a newer one.
    case coordinatorFenced(producerId: Int64, current: Int32, found: Int32)
    /// A batch outside a transaction while the producer has one open in this partition.
    case invalidTransactionState(producerId: Int64)
    /// A topic setting is unknown, malformed or not supported.
    case invalidConfig(name: String, reason: String)
    /// There is a topic of that name already.
    case topicExists(String)
    /// There is no such topic or partition.
    case unknownTopic(String)
    /// A topic name that Kafka does not allow.
    case invalidTopicName(String)

    // The machine is in trouble: writes are refused, what is intact can be read.

    /// No space left (or the file size limit, or the quota). Nothing of the append was kept; a later one may succeed.
    case diskFull(path: String)
    /// The log takes no writes since a fault, named in the reason; it stays so until it is opened again.
    case readOnly(reason: String)
    /// Stored bytes are damaged: these offsets can't be read. Others can.
    case damaged(firstOffset: Int64, lastOffset: Int64, reason: String)
    /// An operating system call failed.
    case inputOutput(operation: String, path: String, errorNumber: Int32)
    /// Another process has the directory open.
    case directoryInUse(path: String)
    /// Closed, or its topic deleted.
    case closed
}
