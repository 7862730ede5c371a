import KafkaProtocol
import LogStorage
import NIOCore
import Synchronization

/// The partitions of one Produce request while they wait for the disk.
private final class ProduceProgress: Sendable {
    private struct State {
        var response: ProduceResponse
        var left: Int
    }

    private let state: Mutex<State>
    private let done: @Sendable (ProduceResponse) -> Void

    /// - Parameter count: calls of `finishOne` after which it is done.
    init(_ response: ProduceResponse, count: Int, done: @escaping @Sendable (ProduceResponse) -> Void) {
        state = Mutex(State(response: response, left: count))
        self.done = done
    }

    func finishOne(topic: Int, partition: Int, error: StorageError?) {
        let finished: ProduceResponse? = state.withLock { state in
            if let error {
                state.response.responses[topic].partitionResponses[partition].fail(error)
            }
            state.left -= 1
            return state.left == 0 ? state.response : nil
        }
        if let finished { done(finished) }
    }
}

extension ProduceResponse.TopicProduceResponse.PartitionProduceResponse {
    fileprivate mutating func fail(_ error: StorageError) {
        fail(error.code)
        errorMessage = "\(error)"
        guard case .invalidRecords(let indexes, let reason) = error else { return }
        errorMessage = reason
        recordErrors = indexes.map { index in
            var entry = BatchIndexAndErrorMessage()
            entry.batchIndex = index
            entry.batchIndexErrorMessage = reason
            return entry
        }
    }

    fileprivate mutating func fail(_ code: ErrorCode) {
        errorCode = code.rawValue
        baseOffset = -1
        logStartOffset = -1
        logAppendTimeMs = -1
    }
}

extension Broker {
    /// An append that waits to be durable, and where its answer goes.
    private struct Appended {
        let log: PartitionLog
        let lastOffset: Int64
        let topic: Int
        let partition: Int
    }

    /// Appends at once, in the order of arrival, and answers when the records are durable. acks=1 waits as acks=all
    /// does: an acknowledgement means the same for both.
    func produce(_ incoming: Incoming) throws(WireError) {
        let context = incoming.context
        guard context.version >= 3 else {
            incoming.respond(.close(reason: "Produce version \(context.version): record format before 2"))
            return
        }
        let request = try ProduceRequest(received: incoming.body, version: context.version)
        var response = ProduceResponse()
        var appended: [Appended] = []
        for (topicIndex, data) in request.topicData.enumerated() {
            let topic = topics.topic(data.name)
            var answer = ProduceResponse.TopicProduceResponse()
            answer.name = data.name
            for (partitionIndex, partition) in data.partitionData.enumerated() {
                var result = ProduceResponse.TopicProduceResponse.PartitionProduceResponse()
                result.index = partition.index
                if let entry = append(partition, of: topic, request, version: context.version, &result) {
                    appended.append(
                        Appended(
                            log: entry.log,
                            lastOffset: entry.lastOffset,
                            topic: topicIndex,
                            partition: partitionIndex
                        )
                    )
                }
                answer.partitionResponses.append(result)
            }
            response.responses.append(answer)
        }
        finish(request, response, appended, incoming)
    }

    private func append(
        _ data: ProduceRequest.TopicProduceData.PartitionProduceData,
        of topic: Topic?,
        _ request: ProduceRequest,
        version: Int16,
        _ result: inout ProduceResponse.TopicProduceResponse.PartitionProduceResponse
    ) -> (log: PartitionLog, lastOffset: Int64)? {
        guard [-1, 0, 1].contains(request.acks) else {
            result.fail(.invalidRequiredAcks)
            return nil
        }
        guard let topic, let log = topic.log(data.index) else {
            result.fail(.unknownTopicOrPartition)
            return nil
        }
        guard !topic.isInternal else {
            result.fail(.invalidTopic)
            return nil
        }
        do throws(StorageError) {
            let records = data.records?.bytes ?? []
            if let refusal = Self.refusal(of: records, version: version) {
                result.fail(refusal)
                return nil
            }
            if let refusal = transactions.refusal(of: records, request.transactionalId, topic.name, data.index) {
                result.fail(refusal)
                return nil
            }
            let now = configuration.clock.wallMilliseconds()
            let appended: Result<AppendResult, StorageError> = records.withUnsafeBytes { bytes in
                Result { () throws(StorageError) in try log.append(bytes, nowMilliseconds: now) }
            }
            let outcome = try appended.get()
            result.baseOffset = outcome.baseOffset
            result.logAppendTimeMs = outcome.logAppendTimeMilliseconds
            result.logStartOffset = outcome.logStartOffset
            return (log, outcome.lastOffset)
        } catch {
            result.fail(error)
            return nil
        }
    }

    /// What Kafka's Produce asks of the records of one partition besides what its log asks: one batch, and no codec that
    /// the version of the request does not know.
    private static func refusal(of records: ArraySlice<UInt8>, version: Int16) -> ErrorCode? {
        let header: RecordBatchHeader? = records.withUnsafeBytes { bytes in
            do throws(RecordBatchError) {
                return try RecordBatchHeader(parsing: bytes)
            } catch {
                // What is no batch is refused by the log, which says why.
                return nil
            }
        }
        guard let header else { return nil }
        if header.totalByteCount < records.count { return .invalidRecord }
        return header.compression == .zstd && version < 7 ? .unsupportedCompressionType : nil
    }

    private func finish(
        _ request: ProduceRequest,
        _ response: ProduceResponse,
        _ appended: [Appended],
        _ incoming: Incoming
    ) {
        guard request.acks != 0 else {
            for entry in appended {
                scheduler.requestDurability(of: entry.log, through: entry.lastOffset) { _ in }
            }
            let isRefused = response.responses.contains { $0.partitionResponses.contains { $0.errorCode != 0 } }
            // Without a response, closing is the only way to tell the producer (Kafka does the same).
            incoming.respond(isRefused ? .close(reason: "records with acks=0 were refused") : .nothing)
            return
        }
        guard !appended.isEmpty else {
            incoming.send(response)
            return
        }
        let progress = ProduceProgress(response, count: appended.count) { incoming.send($0) }
        for entry in appended {
            scheduler.requestDurability(of: entry.log, through: entry.lastOffset) { result in
                var error: StorageError?
                if case .failure(let failure) = result { error = failure }
                progress.finishOne(topic: entry.topic, partition: entry.partition, error: error)
            }
        }
    }
}
