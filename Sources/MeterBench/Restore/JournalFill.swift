import KafkaIO
import MeterCore
import MeterEvents
import StreamCore
import VEE

/// Makes the topics of the VEE processor and fills its journal: one block a meter and day, in the order of the days, as a head-end sends.
struct JournalFill {
    /// 2026-01-05T00:00:00Z.
    private static let firstDaySeconds: Int64 = 1_767_571_200
    private static let daySeconds: Int64 = 86_400

    let settings: KafkaSettings
    let meters: Int
    let intervalSeconds: Int32
    let partitions: Int32

    static let snapshots = "meter.\(VEEProcessor.name).snapshots"

    /// - Throws: `KafkaError` when there is a journal already: a measurement must not be mixed with anything.
    func createTopics() throws(KafkaError) {
        let admin = try KafkaAdmin(settings: settings)
        let delete = ["retention.ms": "-1", "max.message.bytes": "16777216"]
        // As in topics/meter.vee.snapshots.yaml.
        let compact = [
            "cleanup.policy": "compact", "max.message.bytes": "4194304", "segment.bytes": "67108864",
            "min.cleanable.dirty.ratio": "0.3",
        ]
        let names = [VEEProcessor.inputTopic] + VEEProcessor.outputTopics
        let topics = names.map { ($0, delete) } + [(Self.snapshots, compact)]
        try admin.createTopics(
            topics.map { name, configs in
                NewKafkaTopic(name: name, partitionCount: partitions, replicationFactor: 1, configs: configs)
            }
        )
    }

    /// Appends the blocks of some days, and after each day the ticks that close its windows.
    func append(days: Range<Int>) throws(KafkaError) {
        let producer = try KafkaProducer(
            settings: settings,
            limits: limits
        )
        let slots = Int(Self.daySeconds / Int64(intervalSeconds))
        var values = [Int64](repeating: 0, count: slots)
        let qualities = [UInt8](repeating: Quality.raw.rawValue, count: slots)
        for day in days {
            let start = Self.firstDaySeconds + Int64(day) * Self.daySeconds
            for meter in 0..<meters {
                for slot in 0..<slots { values[slot] = Self.wattHours(meter, day, slot, slots) * 1_000_000 }
                let block = IntervalBlock(
                    meter: name(meter),
                    channel: "1-0:1.8.0",
                    unit: .kilowattHour,
                    zone: "UTC",
                    start: Instant(secondsSinceEpoch: start),
                    intervalSeconds: intervalSeconds,
                    billionths: values,
                    qualities: qualities
                )
                let offset = Int64(day * meters + meter)
                try enqueue(.intervalBlock(block), start + Self.daySeconds, offset, key: name(meter), nil, producer)
            }
            for partition in 0..<partitions {
                let seconds = start + Self.daySeconds + 1
                let tick = Tick(rawPartition: 0, rawPartitionCount: 1, timeMilliseconds: seconds * 1_000)
                try enqueue(.tick(tick), seconds, Int64(day), key: "tick", partition, producer)
            }
        }
        guard producer.flush(timeoutMilliseconds: 300_000), producer.counts.failed == 0 else {
            throw KafkaError(.retry, code: "FILL", message: "the journal could not be filled")
        }
        producer.close(timeoutMilliseconds: 1_000)
    }

    private var limits: KafkaProducer.Limits {
        var limits = KafkaProducer.Limits()
        limits.maxRecords = 100_000
        limits.deliveryTimeoutMilliseconds = 300_000
        return limits
    }

    private func name(_ meter: Int) -> String { "meter-\(1_000_000 + meter)" }

    /// A household's day with three figures of noise, the same for everyone who asks.
    private static func wattHours(_ meter: Int, _ day: Int, _ slot: Int, _ slots: Int) -> Int64 {
        var hash = UInt64(truncatingIfNeeded: (meter &* 1_000 &+ day) &* 1_000 &+ slot) &* 0x9e37_79b9_7f4a_7c15
        hash ^= hash >> 29
        let hour = slot * 24 / slots
        let base: Int64 = hour < 6 ? 150 : hour < 17 ? 350 : 700
        return (base + Int64(hash % 240)) * 24 / Int64(slots)
    }

    private func enqueue(
        _ body: JournalEvent.Body,
        _ receivedSeconds: Int64,
        _ offset: Int64,
        key: String,
        _ partition: Int32?,
        _ producer: KafkaProducer
    ) throws(KafkaError) {
        let raw = RawReference(
            lane: .interval,
            partition: 0,
            offset: offset,
            receivedAtMilliseconds: receivedSeconds * 1_000,
            payloadHigh: UInt64(offset),
            payloadLow: 7
        )
        var bytes: [UInt8] = []
        JournalEvent(raw: raw, body: body).append(to: &bytes)
        let record = KafkaRecord(
            topic: VEEProcessor.inputTopic,
            partition: partition ?? Partitioner.partition(ofKey: Array(key.utf8).span, count: partitions),
            key: Array(key.utf8),
            value: bytes,
            timestampMilliseconds: receivedSeconds * 1_000
        )
        while true {
            do throws(KafkaError) {
                return try producer.enqueue(record)
            } catch {
                guard error.reaction == .queueFull else { throw error }
                _ = producer.flush(timeoutMilliseconds: 20)
            }
        }
    }
}
