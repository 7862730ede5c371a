import Foundation
import HeadEndSimulator
import KafkaIO
import MeterCore
import Synchronization

/// A head-end's payloads on their way into `meter.raw`, paced, as the gateway stores them.
final class RawLoad: Sendable {
    private let settings: KafkaSettings
    private let plan: SimulationPlan
    private let payloadsPerSecond: Double
    private let isStopped = Atomic(false)
    private let sent = Atomic(0)
    private let failure = Mutex<String?>(nil)

    init(settings: KafkaSettings, meters: Int, seed: UInt64, payloadsPerSecond: Double) {
        self.settings = settings
        self.payloadsPerSecond = payloadsPerSecond
        plan = SimulationPlan(
            meters: meters,
            intervalSeconds: 900,
            days: 365,
            seed: seed,
            firstDay: CivilDate(daysSinceEpoch: 20_458),
            zone: .utc,
            metersPerPayload: 10
        )
    }

    var payloads: Int { sent.load(ordering: .relaxed) }
    var trouble: String? { failure.withLock { $0 } }

    func stop() { isStopped.store(true, ordering: .relaxed) }

    /// Sends until stopped; returns when everything is acknowledged. Blocks: to be run on a thread of its own.
    func run() {
        do {
            let producer = try KafkaProducer(settings: settings)
            var headEnd = HeadEnd(plan: plan)
            let started = ProcessUsage.monotonicSeconds()
            while !isStopped.load(ordering: .relaxed), let delivery = headEnd.next() {
                try producer.enqueue(record(delivery))
                let count = sent.add(1, ordering: .relaxed).newValue
                let ahead = Double(count) / payloadsPerSecond - (ProcessUsage.monotonicSeconds() - started)
                if ahead > 0.01 { usleep(UInt32(ahead * 1e6)) }
            }
            if !producer.flush(timeoutMilliseconds: 60_000) || producer.counts.failed > 0 {
                failure.withLock { $0 = "payloads were not acknowledged" }
            }
            producer.close(timeoutMilliseconds: 1_000)
        } catch {
            failure.withLock { $0 = "\(error)" }
        }
    }

    private func record(_ delivery: Delivery) -> KafkaRecord {
        KafkaRecord(
            topic: "meter.raw",
            key: Array(delivery.idempotencyKey.utf8),
            value: delivery.body,
            headers: [
                KafkaHeader(EnvelopeHeader.id, delivery.idempotencyKey),
                KafkaHeader(EnvelopeHeader.source, "torture"),
                KafkaHeader(EnvelopeHeader.format, delivery.mediaType),
                KafkaHeader(EnvelopeHeader.lane, "interval"),
            ],
            timestampMilliseconds: delivery.receivedAtMilliseconds
        )
    }
}
