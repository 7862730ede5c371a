import KafkaProtocol
import LogStorage

extension StorageError {
    /// The protocol's code for the storage's error.
    var code: ErrorCode {
        switch self {
        case .invalidRecord, .invalidRecords: .invalidRecord
        case .corruptBatch: .corruptMessage
        case .messageTooLarge: .messageTooLarge
        case .offsetOutOfRange: .offsetOutOfRange
        case .invalidTimestamp: .invalidTimestamp
        case .outOfOrderSequence: .outOfOrderSequenceNumber
        case .invalidProducerEpoch: .invalidProducerEpoch
        case .coordinatorFenced: .transactionCoordinatorFenced
        case .invalidTransactionState: .invalidTransactionState
        case .invalidConfig: .invalidConfig
        case .topicExists: .topicAlreadyExists
        case .unknownTopic: .unknownTopicOrPartition
        case .invalidTopicName: .invalidTopic
        case .diskFull, .readOnly, .damaged, .inputOutput, .directoryInUse: .storageError
        case .closed: .notLeaderOrFollower
        }
    }
}
