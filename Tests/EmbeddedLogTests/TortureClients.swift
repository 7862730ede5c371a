import Foundation
import KafkaIO
import KafkaProtocol
import StreamCore

/// The clients of a torture run. Each method runs until it is told to stop, on a thread of its own.
struct TortureClients: Sendable {
    static let plain = TopicPartition("plain", 0)
    static let inputs = [TopicPartition("input", 0), TopicPartition("input", 1)]
    static let output = TopicPartition("output", 0)
    static let aborted = "ABORTED"

    let port: Int
    let journal: TortureJournal

    var brokers: String { "127.0.0.1:\(port)" }

    func settings(_ name: String) -> KafkaSettings {
        KafkaSettings(brokers: [brokers], clientID: name)
    }

    func createTopics() throws {
        try KafkaAdmin(settings: settings("admin")).createTopics([
            NewKafkaTopic(name: Self.plain.topic, partitionCount: 1, configs: ["segment.bytes": "65536"]),
            NewKafkaTopic(name: Self.inputs[0].topic, partitionCount: 2, configs: ["segment.bytes": "65536"]),
            NewKafkaTopic(name: Self.output.topic, partitionCount: 1, configs: ["segment.bytes": "65536"]),
        ])
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
                    usleep(10_000)
                    continue
                }
                number += 1
                journal.note { $0.plainAcknowledged = number }
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
                        timestampMilliseconds: Int64(Date().timeIntervalSince1970 * 1_000)
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
                try member.write([Self.aborted], to: Self.output.topic)
                try member.log.abort()
                try member.goBack()
                journal.note { $0.abortedTransactions += 1 }
            } else {
                journal.note { $0.attempted.merge(pending, uniquingKeysWith: max) }
                try member.passOn(to: Self.output.topic)
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
