internal import CRDKafka
internal import Glibc
internal import StreamCore

/// Copies fetched messages into an `InputBatch`, once.
struct BatchFiller {
    private struct Topic {
        var name: String
        var characters: [CChar]
    }

    /// Topic names seen, so that a record costs a comparison and not a `String`.
    private var topics: [Topic] = []
    private var lastTopic = 0

    /// Slot of the record before, valid for the batch that is being filled.
    private var lastSlot: Int32 = -1
    private var lastPartition: Int32 = -1
    private var lastTopicOfSlot = -1

    /// Forgets what belongs to the batch before.
    mutating func beginBatch() {
        lastSlot = -1
    }

    /// Appends a message without error. The caller destroys the message.
    mutating func append(_ message: UnsafeMutablePointer<rd_kafka_message_t>, to batch: inout InputBatch) {
        let fields = message.pointee
        let slot = slot(topic: topicIndex(rd_kafka_topic_name(fields.rkt)), partition: fields.partition, in: &batch)
        var kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE
        let timestamp = rd_kafka_message_timestamp(message, &kind)
        batch.append(
            slot: slot,
            offset: fields.offset,
            timestampMilliseconds: timestamp,
            key: bytes(fields.key, fields.key_len).span,
            value: bytes(fields.payload, fields.len).span,
            isTombstone: fields.payload == nil
        )
        appendHeaders(of: message, to: &batch)
    }

    private func appendHeaders(of message: UnsafeMutablePointer<rd_kafka_message_t>, to batch: inout InputBatch) {
        var headers: OpaquePointer?
        guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR, let headers else { return }
        var index = 0
        var name: UnsafePointer<CChar>?
        var value: UnsafeRawPointer?
        var size = 0
        while rd_kafka_header_get_all(headers, index, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR {
            index += 1
            guard let name else { continue }
            batch.appendHeader(name: bytes(name, strlen(name)).span, value: bytes(value, size).span)
        }
    }

    private func bytes(_ start: UnsafeRawPointer?, _ count: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(start: start?.assumingMemoryBound(to: UInt8.self), count: start == nil ? 0 : count)
    }

    private mutating func slot(topic: Int, partition: Int32, in batch: inout InputBatch) -> Int32 {
        if lastSlot >= 0, lastPartition == partition, lastTopicOfSlot == topic { return lastSlot }
        lastSlot = batch.slot(of: TopicPartition(topics[topic].name, partition))
        lastPartition = partition
        lastTopicOfSlot = topic
        return lastSlot
    }

    private mutating func topicIndex(_ name: UnsafePointer<CChar>?) -> Int {
        guard let name else { return topicIndex(of: "") }
        if lastTopic < topics.count, strcmp(name, topics[lastTopic].characters) == 0 { return lastTopic }
        if let found = topics.firstIndex(where: { strcmp(name, $0.characters) == 0 }) {
            lastTopic = found
            return found
        }
        return topicIndex(of: String(cString: name))
    }

    private mutating func topicIndex(of name: String) -> Int {
        topics.append(Topic(name: name, characters: Array(name.utf8CString)))
        lastTopic = topics.count - 1
        return lastTopic
    }
}
