import Foundation
public import KafkaIO

/// The raw topics in Kafka. Each lane has a producer of its own, so a full queue of readings leaves the alarms' queue empty.
public struct KafkaPayloadSink: PayloadSink {
    private static let alarmTopic = "meter.raw.alarms"

    private let intervals: KafkaProducer
    private let alarms: KafkaProducer
    private let partitionCounts: [String: Int32]

    /// - Parameter partitionCounts: partitions of `meter.raw` and `meter.raw.alarms`.
    public init(intervals: KafkaProducer, alarms: KafkaProducer, partitionCounts: [String: Int32]) {
        self.intervals = intervals
        self.alarms = alarms
        self.partitionCounts = partitionCounts
    }

    public func store(_ payload: RawPayload) async throws(StoreError) -> RawPosition {
        let record = KafkaRecord(
            topic: payload.topic,
            partition: payload.partition,
            key: payload.key,
            value: payload.value,
            headers: payload.headers.map { KafkaHeader($0.name, $0.value) },
            timestampMilliseconds: payload.receivedAtMilliseconds
        )
        let producer = payload.topic == KafkaPayloadSink.alarmTopic ? alarms : intervals
        do {
            let stored = try await producer.send(record)
            return RawPosition(topic: payload.topic, partition: stored.partition, offset: stored.offset)
        } catch {
            switch error.reaction {
            case .queueFull: throw .saturated
            case .retry: throw .unavailable(error.description)
            case .reject: throw .refused(error.description)
            case .fatal: throw .unavailable(error.description)
            }
        }
    }

    /// Sends what is queued and closes both producers.
    public func close() async {
        for producer in [intervals, alarms] {
            // Waiting blocks, so it is done on a thread of its own.
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                Thread.detachNewThread {
                    producer.close(timeoutMilliseconds: 10_000)
                    continuation.resume()
                }
            }
        }
    }

    public func partitionCount(of topic: String) async throws(StoreError) -> Int32 {
        guard let count = partitionCounts[topic] else { throw .refused("topic \(topic) is not a raw topic") }
        return count
    }
}
