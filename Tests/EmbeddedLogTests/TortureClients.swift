import Foundation
import KafkaIO
import KafkaProtocol
import LogStorage
import StreamCore

/// The clients of a torture run. Each method runs until it is told to stop, on a thread of its own.
struct TortureClients: Sendable {
    static let plain = TopicPartition("plain", 0)
    static let inputs = [TopicPartition("input", 0), TopicPartition("input", 1)]
    /// Every transaction writes the same to both.
    static let outputs = [TopicPartition("output", 0), TopicPartition("output", 1)]
    static let output = outputs[0]
    static let latest = TopicPartition("latest", 0)
    /// Timestamp of number 0 of `input`; number n comes n milliseconds later.
    static let epoch: Int64 = 1_700_000_000_000
    static let aborted = "ABORTED"

    let port: Int
    let journal: TortureJournal

    var brokers: String { "127.0.0.1:\(port)" }

    func settings(_ name: String) -> KafkaSettings {
        KafkaSettings(brokers: [brokers], clientID: name)
    }

    /// Small segments, so that they are rolled, and compacted or kept, while the broker dies.
    func createTopics() throws {
        let small = ["segment.bytes": "65536", "retention.ms": "-1"]
        let compacted = ["segment.bytes": "65536", "cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.01"]
        let admin = try KafkaAdmin(settings: settings("admin"))
        try admin.createTopics([
            NewKafkaTopic(name: Self.plain.topic, partitionCount: 1, configs: small),
            NewKafkaTopic(name: Self.inputs[0].topic, partitionCount: 2, configs: small),
            NewKafkaTopic(name: Self.output.topic, partitionCount: 2, configs: small),
            NewKafkaTopic(name: Self.latest.topic, partitionCount: 1, configs: compacted),
        ])
    }

    /// The coordinators' own topics with small segments too, before the broker makes them with its large ones.
    static func createInternalTopics(in dataDirectory: String) throws {
        let directory = try LogDirectory.open(path: dataDirectory)
        for (number, name) in ["__consumer_offsets", "__transaction_state"].enumerated() {
            let overrides = [
                "cleanup.policy": "compact", "max.message.bytes": "16777216", "segment.bytes": "65536",
                "min.cleanable.dirty.ratio": "0.01",
            ]
            let id = TopicID(high: 1, low: UInt64(number) + 1)
            try directory.createTopic(TopicDescription(name: name, id: id, partitionCount: 1, overrides: overrides))
        }
        try directory.close()
    }

    /// Counts up in `plain`; sends every number until it is acknowledged.
    func writePlainly() {
        var client: TestClient?
        var number = 0
        while !journal.areWritersStopped {
            do {
                let connected = try client ?? TestClient(port: port)
                client = connected
                guard try connected.produce(Self.plain.topic, ["\(number)"]).code == ErrorCode.none else {
                    journal.note { _ = $0.plainRetried.insert(number) }
                    usleep(10_000)
                    continue
                }
                number += 1
                journal.note { $0.plainAcknowledged = number }
            } catch {
                journal.note { _ = $0.plainRetried.insert(number) }
                client = nil
                usleep(10_000)
            }
        }
    }

    /// Counts up in `latest` under fifty keys in turn; compaction may leave each key's last number alone.
    func writeLatest() {
        do {
            let producer = try KafkaProducer(settings: settings("latest"))
            var number = 0
            while !journal.areWritersStopped {
                let (key, sent) = ("key-\(number % 50)", number)
                try producer.enqueue(
                    KafkaRecord(
                        topic: Self.latest.topic,
                        partition: 0,
                        key: Array(key.utf8),
                        value: Array("\(sent)".utf8),
                        timestampMilliseconds: Self.epoch
                    )
                )
                journal.note { entries in
                    entries.latest[key] = sent
                    entries.latestSent = sent + 1
                }
                number += 1
                if number.isMultiple(of: 10) { usleep(10_000) }
            }
            if !producer.flush(timeoutMilliseconds: 60_000) {
                journal.note { $0.faults.append("latest: not flushed in a minute") }
            }
            journal.note { $0.latestTally = producer.counts }
            producer.close(timeoutMilliseconds: 1_000)
        } catch {
            journal.note(error, in: "latest")
        }
    }

    /// Commits offsets that count up, for a group without members; what is read back is never before the last that was
    /// acknowledged, nor ahead of the last that was tried.
    func commitOffsets() {
        var client: TestClient?
        var acknowledged: Int64 = -1
        var tried: Int64 = -1
        while !journal.areWritersStopped {
            do {
                let connected = try client ?? TestClient(port: port)
                if client == nil {
                    let found = try connected.committedOffset(ofGroup: "simple", Self.plain)
                    if found < acknowledged || found > tried {
                        let text = "simple: offset \(found), acknowledged \(acknowledged), tried \(tried)"
                        journal.note { $0.faults.append(text) }
                    }
                    client = connected
                }
                tried += 1
                guard try connected.commitOffset(tried, ofGroup: "simple", Self.plain) == ErrorCode.none else {
                    continue
                }
                acknowledged = tried
                journal.note { $0.simpleCommits += 1 }
                usleep(2_000)
            } catch {
                client = nil
                usleep(10_000)
            }
        }
    }

    /// Counts up in `input`, even numbers in partition 0.
    func writeIdempotently() {
        do {
            let producer = try KafkaProducer(settings: settings("idempotent"))
            var number = 0
            while !journal.areWritersStopped {
                try producer.enqueue(
                    KafkaRecord(
                        topic: Self.inputs[0].topic,
                        partition: Int32(number % 2),
                        key: nil,
                        value: Array("\(number)".utf8),
                        timestampMilliseconds: Self.epoch + Int64(number)
                    )
                )
                number += 1
                if number.isMultiple(of: 20) { usleep(10_000) }
            }
            if !producer.flush(timeoutMilliseconds: 60_000) {
                journal.note { $0.faults.append("idempotent: not flushed in a minute") }
            }
            journal.note { entries in
                entries.idempotentSent = number
                entries.idempotent = producer.counts
            }
            producer.close(timeoutMilliseconds: 1_000)
        } catch {
            journal.note(error, in: "idempotent")
        }
    }

    /// Passes `input` on to `output` in transactions, and aborts one in five; begins a new life after what it can't survive.
    func transform(name: String) {
        while !journal.areAllStopped {
            do {
                var member = try StreamMember(brokers, group: "torture", name: name, instance: name)
                do {
                    try member.log.subscribe(to: [Self.inputs[0].topic])
                    while !journal.areAllStopped { try turn(&member) }
                } catch {
                    journal.note(error, in: "transform")
                }
                member.log.close()
            } catch {
                journal.note(error, in: "transform")
            }
            usleep(100_000)
        }
    }

    private func turn(_ member: inout StreamMember) throws {
        do throws(LogError) {
            try poll(&member)
        } catch {
            guard error.reaction == .retry else { throw error }
            journal.note(error, in: "poll")
        }
        guard !member.values.isEmpty else { return }
        let pending = member.pending
        do {
            if Int.random(in: 0..<5) == 0 {
                try member.write([Self.aborted], to: Self.output.topic, partitions: 2)
                try member.log.abort()
                try member.goBack()
                journal.note { $0.abortedTransactions += 1 }
            } else {
                journal.note { $0.attempted.merge(pending, uniquingKeysWith: max) }
                try member.passOn(to: Self.output.topic, partitions: 2)
                journal.note { $0.committedTransactions += 1 }
            }
        } catch let error as LogError where error.reaction == .abortAndRedo {
            journal.note(error, in: "transaction")
            try member.log.abort()
            try member.goBack()
        }
    }

    private func poll(_ member: inout StreamMember) throws(LogError) {
        do {
            try member.step(timeoutMilliseconds: 100)
        } catch let error as LogError {
            throw error
        } catch {
            throw LogError(.fatal, code: "TEST", message: "\(error)")
        }
    }

    /// Follows `output` as a reader of committed records.
    func readCommitted() {
        do {
            var reader = try KafkaReader(settings: settings("reader"))
            try reader.assign([PartitionPosition(Self.output, nextOffset: 0)])
            var batch = InputBatch()
            while !journal.areAllStopped {
                do throws(LogError) {
                    guard try reader.poll(into: &batch, timeoutMilliseconds: 200) else { continue }
                } catch {
                    guard error.reaction == .retry else { throw error }
                    journal.note(error, in: "reader")
                    continue
                }
                let values = batch.entries.map { String(decoding: batch.bytes[$0.value], as: UTF8.self) }
                journal.note { $0.seen += values }
            }
        } catch {
            journal.note(error, in: "reader")
        }
    }

    /// Watches the group's offsets: they never go back, and are never ahead of what was committed.
    func watchOffsets() {
        var last: [TopicPartition: Int64] = [:]
        while !journal.areAllStopped {
            usleep(250_000)
            do {
                let admin = try KafkaAdmin(settings: settings("watch"), timeoutMilliseconds: 5_000)
                let offsets = try admin.committedOffsets(ofGroup: "torture", Self.inputs)
                let attempted = journal.entries.attempted
                for (partition, offset) in zip(Self.inputs, offsets) {
                    let before = last[partition] ?? 0
                    let now = offset ?? 0
                    if now < before || now > attempted[partition] ?? 0 {
                        journal.note { entries in
                            entries.faults.append("\(partition): offset \(now) after \(before), tried \(attempted)")
                        }
                    }
                    last[partition] = now
                }
            } catch {
                // The broker is away.
                journal.note { $0.recovered["watch", default: 0] += 1 }
            }
        }
    }
}
