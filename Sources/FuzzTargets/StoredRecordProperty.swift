import KafkaProtocol

/// A stored record that can be read can be written again, and reads as the same record then.
enum StoredRecordProperty {
    /// The first byte chooses the kind of record.
    static func check(_ bytes: [UInt8]) throws(FuzzFailure) {
        guard let kind = bytes.first else { return }
        let record = bytes.dropFirst()
        switch kind % 8 {
        case 0: try check(GroupMetadataKey.self, record)
        case 1: try check(GroupMetadataValue.self, record)
        case 2: try check(OffsetCommitKey.self, record)
        case 3: try check(OffsetCommitValue.self, record)
        case 4: try check(TransactionLogKey.self, record)
        case 5: try check(TransactionLogValue.self, record)
        case 6: try check(ConsumerProtocolSubscription.self, record)
        default: try check(ConsumerProtocolAssignment.self, record)
        }
    }

    private static func check<Stored: KafkaStoredRecord & Equatable>(
        _ type: Stored.Type,
        _ bytes: ArraySlice<UInt8>
    ) throws(FuzzFailure) {
        let record: Stored
        do throws(WireError) {
            record = try Stored(decoding: bytes)
        } catch {
            return
        }
        let version = Int16(bytes[bytes.startIndex]) << 8 | Int16(bytes[bytes.startIndex + 1])
        do throws(WireError) {
            let written = try record.encoded(version: version)
            guard try Stored(decoding: written[...]) != record else { return }
        } catch {
            // Text that is no UTF-8 is repaired when it is read, and may have become too long for its length field.
            if case .invalidLength = error { return }
            throw FuzzFailure("\(type) v\(version) was read and can't be written: \(error)")
        }
        throw FuzzFailure("\(type) v\(version) is another record after writing and reading")
    }
}
