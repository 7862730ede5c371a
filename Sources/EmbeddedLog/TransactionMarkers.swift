import KafkaProtocol
import LogStorage
import Logging

/// WriteTxnMarkers: how an operator ends a transaction that no coordinator knows of any more. Between brokers it carries
/// out the end of a transaction; here only administrators send it.
extension TransactionCoordinator {
    private struct Target: Sendable {
        let partition: TopicPartition
        let producerId: Int64
        let producerEpoch: Int16
        let coordinatorEpoch: Int32
        let marker: TransactionMarker
    }

    func writeMarkers(
        _ request: WriteTxnMarkersRequest,
        _ context: RequestContext,
        _ respond: @escaping @Sendable (WriteTxnMarkersResponse) -> Void
    ) {
        let targets = request.markers.flatMap { marker in
            marker.topics.flatMap { topic in
                topic.partitionIndexes.map { index in
                    Target(
                        partition: TopicPartition(topic: topic.name, partition: index),
                        producerId: marker.producerId,
                        producerEpoch: marker.producerEpoch,
                        coordinatorEpoch: marker.coordinatorEpoch,
                        marker: marker.transactionResult ? .commit : .abort
                    )
                }
            }
        }
        let collector = ResultCollector(count: max(1, targets.count)) { codes in
            respond(Self.response(to: request, codes))
        }
        if targets.isEmpty { collector.set(0, .none) }
        for (index, target) in targets.enumerated() {
            write(target) { collector.set(index, $0) }
        }
    }

    /// - Parameter codes: one for each partition, in the order of the request.
    private static func response(
        to request: WriteTxnMarkersRequest,
        _ codes: [ErrorCode]
    ) -> WriteTxnMarkersResponse {
        var codes = codes[...]
        var response = WriteTxnMarkersResponse()
        response.markers = request.markers.map { marker in
            var entry = WriteTxnMarkersResponse.WritableTxnMarkerResult()
            entry.producerId = marker.producerId
            entry.topics = marker.topics.map { topic in
                var answer = WriteTxnMarkersResponse.WritableTxnMarkerResult.WritableTxnMarkerTopicResult()
                answer.name = topic.name
                answer.partitions = topic.partitionIndexes.map { index in
                    var result = WriteTxnMarkersResponse.WritableTxnMarkerResult.WritableTxnMarkerTopicResult
                        .WritableTxnMarkerPartitionResult()
                    result.partitionIndex = index
                    result.errorCode = (codes.popFirst() ?? .unknownServerError).rawValue
                    return result
                }
                return answer
            }
            return entry
        }
        return response
    }

    private func write(_ target: Target, _ completion: @escaping @Sendable (ErrorCode) -> Void) {
        guard let log = topics.log(target.partition.topic, target.partition.partition) else {
            return completion(.unknownTopicOrPartition)
        }
        do throws(StorageError) {
            let result = try log.appendControl(
                marker: target.marker,
                producerId: target.producerId,
                producerEpoch: target.producerEpoch,
                coordinatorEpoch: target.coordinatorEpoch,
                nowMilliseconds: configuration.clock.wallMilliseconds()
            )
            scheduler.requestDurability(of: log, through: result.lastOffset) { [groups] outcome in
                switch outcome {
                case .success:
                    if target.partition.topic == InternalTopics.offsets {
                        groups.endTransaction(target.producerId, target.marker)
                    }
                    completion(.none)
                case .failure(let error): completion(error.code)
                }
            }
        } catch {
            completion(error.code)
        }
    }
}
