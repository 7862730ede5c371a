internal import CRDKafka

/// The library's produce call with named arguments.
enum ProducerCall {
    /// Hands a record over; the library copies it. `delivery` is retained only when this returns nil.
    static func produce(_ record: KafkaRecord, _ delivery: Delivery, _ client: OpaquePointer) -> KafkaError? {
        let opaque = Unmanaged.passRetained(delivery)
        let headers = makeHeaders(record.headers)
        let error = record.topic.withCString { topic in
            withBytes(record.key) { key in
                withBytes(record.value) { value in
                    var arguments = [
                        argument(RD_KAFKA_VTYPE_TOPIC) { $0.cstr = topic },
                        argument(RD_KAFKA_VTYPE_PARTITION) { $0.i32 = record.partition ?? -1 },
                        argument(RD_KAFKA_VTYPE_KEY) { set(&$0, key) },
                        argument(RD_KAFKA_VTYPE_VALUE) { set(&$0, value) },
                        argument(RD_KAFKA_VTYPE_TIMESTAMP) { $0.i64 = record.timestampMilliseconds },
                        argument(RD_KAFKA_VTYPE_MSGFLAGS) { $0.i = RD_KAFKA_MSG_F_COPY },
                        argument(RD_KAFKA_VTYPE_OPAQUE) { $0.ptr = opaque.toOpaque() },
                    ]
                    if let headers {
                        arguments.append(argument(RD_KAFKA_VTYPE_HEADERS) { $0.headers = headers })
                    }
                    return rd_kafka_produceva(client, arguments, arguments.count)
                }
            }
        }
        guard let error else { return nil }
        // On failure opaque and headers are still ours.
        opaque.release()
        if let headers { rd_kafka_headers_destroy(headers) }
        return DeliveryError.error(Failure(taking: error, of: client), doing: "produce to \(record.topic)")
    }

    /// Hands the value over up to `count` times; the library copies it. `delivery` is retained once for each that was taken.
    /// - Returns: how many were taken; fewer when the queue is full.
    static func produce(
        _ value: [UInt8],
        _ count: Int,
        _ topic: String,
        _ partition: Int32,
        _ delivery: Delivery,
        _ client: OpaquePointer
    ) -> Int {
        guard let handle = rd_kafka_topic_new(client, topic, nil) else { return 0 }
        defer { rd_kafka_topic_destroy(handle) }
        return value.withUnsafeBytes { bytes in
            var message = rd_kafka_message_t()
            message.payload = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
            message.len = bytes.count
            var messages = [rd_kafka_message_t](repeating: message, count: count)
            for index in messages.indices { messages[index]._private = Unmanaged.passRetained(delivery).toOpaque() }
            let flags = RD_KAFKA_MSG_F_COPY
            let taken = Int(rd_kafka_produce_batch(handle, partition, flags, &messages, Int32(clamping: count)))
            // No report comes for those that were not taken.
            for _ in taken..<max(taken, count) { Unmanaged.passUnretained(delivery).release() }
            return taken
        }
    }

    private static func argument(
        _ type: rd_kafka_vtype_t,
        _ fill: (inout rd_kafka_vu_s.__Unnamed_union_u) -> Void
    ) -> rd_kafka_vu_t {
        var result = rd_kafka_vu_t()
        result.vtype = type
        fill(&result.u)
        return result
    }

    private static func set(
        _ union: inout rd_kafka_vu_s.__Unnamed_union_u,
        _ bytes: UnsafeBufferPointer<UInt8>?
    ) {
        union.mem.ptr = bytes.flatMap { $0.baseAddress }.map { UnsafeMutableRawPointer(mutating: $0) }
        union.mem.size = bytes?.count ?? 0
    }

    /// Nil stays nil; no bytes are a non-null pointer, because a null pointer is a tombstone.
    private static func withBytes<Result>(
        _ bytes: [UInt8]?,
        _ body: (UnsafeBufferPointer<UInt8>?) -> Result
    ) -> Result {
        guard let bytes else { return body(nil) }
        guard bytes.isEmpty else { return bytes.withUnsafeBufferPointer(body) }
        return withUnsafePointer(to: UInt8(0)) { body(UnsafeBufferPointer(start: $0, count: 0)) }
    }

    private static func makeHeaders(_ headers: [KafkaHeader]) -> OpaquePointer? {
        guard !headers.isEmpty else { return nil }
        let list = rd_kafka_headers_new(headers.count)
        for header in headers {
            header.value.withUnsafeBytes { value in
                // Copies both; fails only on a read-only list, which this isn't.
                _ = rd_kafka_header_add(list, header.name, -1, value.baseAddress, value.count)
            }
        }
        return list
    }
}
