import KafkaProtocol
import LogStorage

/// What the coordinator knows of one transactional id.
struct TransactionState: Sendable {
    /// The raw values are those stored in `__transaction_state`.
    enum Phase: Int8, Sendable {
        case empty = 0
        case ongoing = 1
        case prepareCommit = 2
        case prepareAbort = 3
        case completeCommit = 4
        case completeAbort = 5
        case dead = 6
        case prepareEpochFence = 7

        /// The name in DescribeTransactions.
        var name: String {
            switch self {
            case .empty: "Empty"
            case .ongoing: "Ongoing"
            case .prepareCommit: "PrepareCommit"
            case .prepareAbort: "PrepareAbort"
            case .completeCommit: "CompleteCommit"
            case .completeAbort: "CompleteAbort"
            case .dead: "Dead"
            case .prepareEpochFence: "PrepareEpochFence"
            }
        }

        /// The marker to write while the end of the transaction is being carried out.
        var marker: TransactionMarker? {
            switch self {
            case .prepareCommit: .commit
            case .prepareAbort: .abort
            default: nil
            }
        }
    }

    let id: String
    var producerId: Int64
    var epoch: Int16 = -1
    /// The epoch before the last bump that the producer itself asked for; a repeated request may still name it.
    var lastEpoch: Int16 = -1
    /// The producer id before it ran out of epochs.
    var lastProducerId: Int64 = -1
    var timeout: Int32
    var phase = Phase.empty
    var partitions: Set<TopicPartition> = []
    /// Wall clock milliseconds; -1 outside a transaction.
    var startTimestamp: Int64 = -1
    /// Wall clock milliseconds.
    var updateTimestamp: Int64
    /// Monotonic milliseconds at which an ongoing transaction is aborted.
    var deadline: Int64 = .max
    /// A change is being written; nothing else may be begun meanwhile.
    var isChanging = false

    /// The last epoch of a producer id is kept for the broker's own fencing.
    static let lastUsableEpoch = Int16.max - 1

    init(id: String, producerId: Int64, timeout: Int32, updateTimestamp: Int64) {
        self.id = id
        self.producerId = producerId
        self.timeout = timeout
        self.updateTimestamp = updateTimestamp
    }

    /// The state as it was stored.
    init?(id: String, stored: TransactionLogValue, now: Group.Now) {
        guard let phase = Phase(rawValue: stored.transactionStatus) else { return nil }
        self.id = id
        self.phase = phase
        producerId = stored.producerId
        epoch = stored.producerEpoch
        timeout = stored.transactionTimeoutMs
        startTimestamp = stored.transactionStartTimestampMs
        updateTimestamp = stored.transactionLastUpdateTimestampMs
        for topic in stored.transactionPartitions ?? [] {
            partitions.formUnion(topic.partitionIds.map { TopicPartition(topic: topic.topic, partition: $0) })
        }
        if phase == .ongoing {
            let age = max(0, now.wall - startTimestamp)
            deadline = now.monotonic + max(0, Int64(timeout) - age)
        }
    }

    /// The state as it is stored.
    var stored: TransactionLogValue {
        var value = TransactionLogValue()
        value.producerId = producerId
        value.producerEpoch = epoch
        value.transactionTimeoutMs = timeout
        value.transactionStatus = phase.rawValue
        value.transactionLastUpdateTimestampMs = updateTimestamp
        value.transactionStartTimestampMs = startTimestamp
        if phase != .empty {
            value.transactionPartitions = Dictionary(grouping: partitions) { $0.topic }.sorted { $0.key < $1.key }
                .map { topic, partitions in
                    var entry = TransactionLogValue.PartitionsSchema()
                    entry.topic = topic
                    entry.partitionIds = partitions.map { $0.partition }.sorted()
                    return entry
                }
        }
        return value
    }

    /// Whether a request comes from the producer as it is now.
    func check(producerId: Int64, epoch: Int16) -> ErrorCode {
        guard producerId == self.producerId else { return .invalidProducerIdMapping }
        return epoch == self.epoch ? .none : .producerFenced
    }

    // MARK: Changes

    /// With more partitions, begun if need be.
    func adding(_ added: Set<TopicPartition>, now: Group.Now) -> TransactionState {
        var next = self
        next.partitions.formUnion(added)
        next.updateTimestamp = now.wall
        if phase != .ongoing {
            next.partitions = added
            next.phase = .ongoing
            next.startTimestamp = now.wall
            next.deadline = now.monotonic + Int64(timeout)
        }
        return next
    }

    /// On its way to the end; from here on the outcome is decided.
    func ending(_ marker: TransactionMarker, fencing: Bool, now: Group.Now) -> TransactionState {
        var next = self
        next.phase = marker == .commit ? .prepareCommit : .prepareAbort
        next.updateTimestamp = now.wall
        next.deadline = .max
        if fencing, epoch < Int16.max {
            next.epoch += 1
            next.lastEpoch = -1
        }
        return next
    }

    /// Ended everywhere.
    func completed(now: Group.Now) -> TransactionState {
        var next = self
        next.phase = phase == .prepareCommit ? .completeCommit : .completeAbort
        next.partitions = []
        next.updateTimestamp = now.wall
        return next
    }

    /// How InitProducerId goes on with a state that has no open transaction.
    enum Initialization: Sendable {
        /// Store this and answer with its producer id and epoch.
        case store(TransactionState)
        /// A repeated request: answer as the first time.
        case repeated
        /// The epochs of this producer id are used up.
        case needsProducerId
        case refused(ErrorCode)
    }

    /// - Parameter expectedEpoch: what the producer believes its epoch to be; -1 if it has none.
    func initializing(timeout: Int32, expectedEpoch: Int16, now: Group.Now) -> Initialization {
        var next = self
        next.phase = .empty
        next.partitions = []
        next.timeout = timeout
        next.startTimestamp = -1
        next.updateTimestamp = now.wall
        if epoch >= Self.lastUsableEpoch, expectedEpoch < 0 || expectedEpoch == epoch { return .needsProducerId }
        if expectedEpoch < 0 {
            next.epoch = epoch + 1
            next.lastEpoch = -1
        } else if epoch < 0 || expectedEpoch == epoch {
            next.lastEpoch = epoch
            next.epoch = epoch + 1
        } else if expectedEpoch == lastEpoch {
            return .repeated
        } else {
            return .refused(.producerFenced)
        }
        return .store(next)
    }

    /// With a new producer id, as the old one has no epochs left.
    func renewed(producerId: Int64, timeout: Int32, expectedEpoch: Int16, now: Group.Now) -> TransactionState {
        var next = self
        next.lastProducerId = self.producerId
        next.lastEpoch = expectedEpoch < 0 ? -1 : epoch
        next.producerId = producerId
        next.epoch = 0
        next.timeout = timeout
        next.phase = .empty
        next.partitions = []
        next.startTimestamp = -1
        next.updateTimestamp = now.wall
        return next
    }
}
