internal import CRDKafka
internal import StreamCore

/// One wait for the first record, then everything that is there: `rd_kafka_consumer_poll` by record, never the library's batch calls,
/// which may skip offsets around rebalances in this version.
struct FetchLoop {
    private var filler = BatchFiller()
    /// An error that arrived behind records: thrown by the next call.
    private var heldError: LogError?

    /// What came besides records.
    struct Found {
        /// Partitions whose end was reached, with the offset of the end (only when the client reports ends).
        var ends: [PartitionPosition] = []
    }

    mutating func fill(
        _ batch: inout InputBatch,
        from handle: ClientHandle,
        limits: PollLimits,
        timeoutMilliseconds: Int32
    ) throws(LogError) -> Found {
        var found = Found()
        if let error = heldError {
            heldError = nil
            throw error
        }
        filler.beginBatch()
        var timeout = timeoutMilliseconds
        while batch.count < limits.maxRecords, batch.byteCount < limits.maxBytes {
            guard let message = rd_kafka_consumer_poll(handle.pointer, timeout) else { break }
            defer { rd_kafka_message_destroy(message) }
            timeout = 0
            let code = message.pointee.err
            if code == RD_KAFKA_RESP_ERR_NO_ERROR {
                filler.append(message, to: &batch)
                continue
            }
            if code == RD_KAFKA_RESP_ERR__PARTITION_EOF {
                found.ends.append(position(message))
                continue
            }
            if code == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED {
                // The loss of the partitions follows as a rebalance.
                handle.context.notice(severity: 4, subject: "MAX_POLL", message: reason(message))
                continue
            }
            try take(error(message, handle), behind: batch)
            if heldError != nil { break }
        }
        return found
    }

    /// Forgets a held error (the reading position was changed by the caller).
    mutating func reset() { heldError = nil }

    private mutating func take(_ error: LogError, behind batch: InputBatch) throws(LogError) {
        guard !batch.isEmpty else { throw error }
        heldError = error
    }

    private func position(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> PartitionPosition {
        PartitionPosition(partition(message), nextOffset: message.pointee.offset)
    }

    private func partition(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> TopicPartition {
        let topic = message.pointee.rkt.flatMap { rd_kafka_topic_name($0) }.map { String(cString: $0) } ?? ""
        return TopicPartition(topic, message.pointee.partition)
    }

    private func reason(_ message: UnsafeMutablePointer<rd_kafka_message_t>) -> String {
        rd_kafka_message_errstr(message).map { String(cString: $0) } ?? ""
    }

    private func error(_ message: UnsafeMutablePointer<rd_kafka_message_t>, _ handle: ClientHandle) -> LogError {
        let failure = Failure(message.pointee.err, message: reason(message), of: handle.pointer)
        let place = message.pointee.rkt == nil ? "poll" : "poll of \(partition(message))"
        return failure.logError(during: .consume, doing: place)
    }
}
