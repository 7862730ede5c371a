import KafkaProtocol

/// The keys of `__consumer_offsets`, as Apache Kafka writes them.
enum GroupRecords {
    static func groupKey(_ group: String) throws(WireError) -> [UInt8] {
        var key = GroupMetadataKey()
        key.group = group
        return try key.encoded(version: 2)
    }

    static func offsetKey(_ group: String, _ partition: TopicPartition) throws(WireError) -> [UInt8] {
        var key = OffsetCommitKey()
        key.group = group
        key.topic = partition.topic
        key.partition = partition.partition
        return try key.encoded(version: 1)
    }

    static func offsetValue(_ commit: CommittedOffset) throws(WireError) -> [UInt8] {
        var value = OffsetCommitValue()
        value.offset = commit.offset
        value.leaderEpoch = commit.leaderEpoch
        value.metadata = commit.metadata
        value.commitTimestamp = commit.commitTimestamp
        return try value.encoded(version: 3)
    }
}

/// Rebuilds groups and offsets from the records of `__consumer_offsets`, in log order.
struct GroupLoader {
    private(set) var groups: [String: GroupEntry] = [:]
    /// Monotonic milliseconds: members found get a session from now.
    private let now: Int64

    init(now: Int64) {
        self.now = now
    }

    mutating func apply(_ entry: InternalLog.Entry) throws {
        switch entry {
        case .marker(let producerId, let marker):
            for id in Array(groups.keys) {
                groups[id]?.endTransaction(producerId, marker)
            }
        case .record(let record):
            // The version of the key tells what the record is about.
            let version = record.key.count >= 2 ? record.key[record.key.startIndex + 1] : 255
            switch version {
            case 0, 1: try applyOffset(record)
            case 2: try applyGroup(record)
            default: throw WireError.unsupportedRecordVersion(Int16(version))
            }
        }
    }

    private mutating func applyOffset(_ record: InternalLog.StoredRecord) throws {
        let key = try OffsetCommitKey(decoding: record.key)
        let partition = TopicPartition(topic: key.topic, partition: key.partition)
        var entry = groups[key.group] ?? GroupEntry(group: Group(id: key.group))
        if let bytes = record.value {
            let value = try OffsetCommitValue(decoding: bytes)
            let commit = CommittedOffset(
                offset: value.offset,
                leaderEpoch: value.leaderEpoch,
                metadata: value.metadata,
                commitTimestamp: value.commitTimestamp,
                storedAt: record.offset
            )
            if record.producerId >= 0 {
                entry.pending[record.producerId, default: [:]][partition] = commit
            } else {
                entry.apply(partition, commit)
            }
        } else {
            entry.offsets[partition] = nil
        }
        groups[key.group] = entry
    }

    private mutating func applyGroup(_ record: InternalLog.StoredRecord) throws {
        let key = try GroupMetadataKey(decoding: record.key)
        guard let bytes = record.value else {
            groups[key.group] = nil
            return
        }
        var entry = groups[key.group] ?? GroupEntry(group: Group(id: key.group))
        entry.group = Group(id: key.group, stored: try GroupMetadataValue(decoding: bytes), now: now)
        groups[key.group] = entry
    }
}

extension GroupEntry {
    /// A transaction has ended: its offsets count now, or are gone.
    mutating func endTransaction(_ producerId: Int64, _ marker: TransactionMarker) {
        guard let commits = pending.removeValue(forKey: producerId), marker == .commit else { return }
        for (partition, commit) in commits { apply(partition, commit) }
    }
}
