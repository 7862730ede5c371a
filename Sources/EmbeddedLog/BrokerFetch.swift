import KafkaProtocol
import LogStorage
import NIOCore

/// One Fetch while it waits. Confined to its connection's event loop.
private final class WaitingFetch {
    let request: FetchRequest
    let incoming: Incoming
    var isAnswered = false
    var isWakeScheduled = false
    var timer: Scheduled<Void>?
    var waiterId: UInt64?
    var logs: [PartitionLog] = []

    init(request: FetchRequest, incoming: Incoming) {
        self.request = request
        self.incoming = incoming
    }
}

/// What a look at all partitions of a Fetch found.
private struct FetchOutcome {
    var response = FetchResponse()
    /// The slices to copy, with where they belong.
    var slices: [(topic: Int, partition: Int, slice: FetchSlice)] = []
    var byteCount = 0
    var hasError = false
}

extension Broker {
    /// Answers when there are `min_bytes`, on any error, or after `max_wait`. Fetch sessions (KIP-227) are not kept:
    /// session 0 tells the client to send whole requests.
    func fetch(_ incoming: Incoming) throws(WireError) {
        let request = try FetchRequest(received: incoming.body, version: incoming.context.version)
        guard request.sessionId == 0 || request.sessionEpoch <= 0 else {
            var response = FetchResponse()
            response.errorCode = ErrorCode.fetchSessionIdNotFound.rawValue
            incoming.send(response)
            return
        }
        let outcome = look(request)
        guard !isComplete(outcome, request) else {
            answer(outcome, request, incoming)
            return
        }
        wait(request, incoming)
    }

    private func isComplete(_ outcome: FetchOutcome, _ request: FetchRequest) -> Bool {
        outcome.hasError || outcome.byteCount >= max(0, request.minBytes) || request.maxWaitMs <= 0
            || request.topics.allSatisfy { $0.partitions.isEmpty }
    }

    private func wait(_ request: FetchRequest, _ incoming: Incoming) {
        let waiting = WaitingFetch(request: request, incoming: incoming)
        let eventLoop = incoming.context.eventLoop
        let bound = NIOLoopBound(waiting, eventLoop: eventLoop)
        waiting.logs = request.topics.flatMap { topic in
            self.topic(of: topic, incoming.context)?.logs.enumerated()
                .filter { index, _ in topic.partitions.contains { $0.partition == Int32(index) } }
                .map { $0.element } ?? []
        }
        waiting.waiterId = fetchWaiters.add(waiting.logs) { [self] in
            eventLoop.execute { self.retry(bound.value) }
        }
        waiting.timer = eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(Int64(request.maxWaitMs))) { [self] in
            complete(waiting, look(waiting.request))
        }
        // What came between the first look and the registration woke nobody.
        retry(waiting)
    }

    private func retry(_ waiting: WaitingFetch) {
        guard !waiting.isAnswered else { return }
        let outcome = look(waiting.request)
        guard isComplete(outcome, waiting.request) else { return }
        complete(waiting, outcome)
    }

    private func complete(_ waiting: WaitingFetch, _ outcome: FetchOutcome) {
        guard !waiting.isAnswered else { return }
        waiting.isAnswered = true
        waiting.timer?.cancel()
        if let id = waiting.waiterId { fetchWaiters.remove(id, waiting.logs) }
        answer(outcome, waiting.request, waiting.incoming)
    }

    // MARK: Looking

    private func topic(of data: FetchRequest.FetchTopic, _ context: RequestContext) -> Topic? {
        context.version >= 13 ? topics.topic(data.topicId) : topics.topic(data.topic)
    }

    /// Finds what each partition has, in the order asked for, within the limits of the request and of the broker.
    private func look(_ request: FetchRequest) -> FetchOutcome {
        var outcome = FetchOutcome()
        // What slow clients have not taken yet narrows what everybody gets at a time: at the worst one batch.
        var bytesLeft = min(Int(max(0, request.maxBytes)), configuration.limits.maxFetchBytes, unsent.room)
        for (topicIndex, data) in request.topics.enumerated() {
            let topic = data.topicId.isZero ? topics.topic(data.topic) : topics.topic(data.topicId)
            var answer = FetchResponse.FetchableTopicResponse()
            answer.topic = data.topic
            answer.topicId = data.topicId
            for (partitionIndex, partition) in data.partitions.enumerated() {
                var result = FetchResponse.FetchableTopicResponse.PartitionData()
                result.partitionIndex = partition.partition
                result.records = RecordData()
                let unknown: ErrorCode = data.topicId.isZero ? .unknownTopicOrPartition : .unknownTopicId
                do throws(ErrorCode) {
                    guard let log = topic?.log(partition.partition) else {
                        throw topic == nil ? unknown : .unknownTopicOrPartition
                    }
                    try checkEpoch(partition.currentLeaderEpoch, log)
                    let slice = try read(log, partition, request, bytesLeft, isFirst: outcome.byteCount == 0, &result)
                    if slice.maximumByteCount > 0 {
                        outcome.slices.append((topicIndex, partitionIndex, slice))
                        outcome.byteCount += slice.maximumByteCount
                        bytesLeft = max(0, bytesLeft - slice.maximumByteCount)
                    }
                } catch {
                    result.errorCode = error.rawValue
                    result.highWatermark = -1
                    result.lastStableOffset = -1
                    outcome.hasError = true
                }
                answer.partitions.append(result)
            }
            outcome.response.responses.append(answer)
        }
        return outcome
    }

    /// The partition leader epoch a client believes in must be ours.
    func checkEpoch(_ epoch: Int32, _ log: PartitionLog) throws(ErrorCode) {
        guard epoch >= 0 else { return }
        let current = log.leaderEpoch
        if epoch < current { throw .fencedLeaderEpoch }
        if epoch > current { throw .unknownLeaderEpoch }
    }

    private func read(
        _ log: PartitionLog,
        _ partition: FetchRequest.FetchTopic.FetchPartition,
        _ request: FetchRequest,
        _ bytesLeft: Int,
        isFirst: Bool,
        _ result: inout FetchResponse.FetchableTopicResponse.PartitionData
    ) throws(ErrorCode) -> FetchSlice {
        let isolation = IsolationLevel(rawValue: request.isolationLevel) ?? .readUncommitted
        do throws(StorageError) {
            let slice = try log.read(
                from: partition.fetchOffset,
                maxBytes: min(bytesLeft, Int(max(0, partition.partitionMaxBytes))),
                isolation: isolation,
                minimumOneBatch: isFirst
            )
            result.highWatermark = slice.highWatermark
            result.lastStableOffset = slice.lastStableOffset
            result.logStartOffset = slice.logStartOffset
            result.abortedTransactions =
                isolation == .readUncommitted
                ? nil
                : slice.abortedTransactions.map {
                    var entry = FetchResponse.FetchableTopicResponse.PartitionData.AbortedTransaction()
                    entry.producerId = $0.producerId
                    entry.firstOffset = $0.firstOffset
                    return entry
                }
            return slice
        } catch {
            throw error.code
        }
    }

    // MARK: Answering

    /// Copies the batches, once, from the files to the buffers that are sent.
    private func answer(_ found: FetchOutcome, _ request: FetchRequest, _ incoming: Incoming) {
        var response = found.response
        var splices: [ByteBuffer] = []
        for (topic, partition, slice) in found.slices {
            do throws(StorageError) {
                let buffer = try copy(slice)
                guard buffer.readableBytes > 0 else { continue }
                let count = buffer.readableBytes
                response.responses[topic].partitions[partition].records = RecordData(splicedByteCount: count)
                splices.append(buffer)
            } catch {
                response.responses[topic].partitions[partition].errorCode = error.code.rawValue
            }
        }
        let header = incoming.context.header
        incoming.respond(
            Self.reply(response, version: header.version, correlationId: header.correlationId, splices: splices)
        )
    }

    private func copy(_ slice: FetchSlice) throws(StorageError) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: slice.maximumByteCount)
        let result: Result<Int, StorageError> = buffer.withUnsafeMutableWritableBytes { bytes in
            Result { () throws(StorageError) in try slice.copy(into: bytes) }
        }
        buffer.moveWriterIndex(forwardBy: try result.get())
        return buffer
    }
}
