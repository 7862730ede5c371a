import KafkaIO
import StreamCore

/// Compares what is in the topics after a torture run with what its clients did.
struct TortureVerdict {
    let entries: TortureJournal.Entries
    let brokers: String

    /// What is wrong.
    func faults() throws -> [String] {
        let (written, inputFaults) = try inputs()
        return try plain() + inputFaults + outputs(of: written) + latest()
    }

    /// In order; once, but for what the producer had to send again.
    private func plain() throws -> [String] {
        var faults: [String] = []
        let numbers = try readValues(brokers, TortureClients.plain).compactMap { Int($0) }
        if numbers != numbers.sorted() { faults.append("plain: out of order") }
        let lost = Set(0..<entries.plainAcknowledged).subtracting(numbers)
        if !lost.isEmpty { faults.append("plain: \(lost.count) lost, the first is \(lost.min() ?? -1)") }
        let twice = zip(numbers, numbers.dropFirst()).filter { $0 == $1 && !entries.plainRetried.contains($0) }
        if let first = twice.first { faults.append("plain: \(twice.count) twice that were sent once, as \(first.0)") }
        let unknown = numbers.filter { $0 >= entries.plainAcknowledged && !entries.plainRetried.contains($0) }
        if !unknown.isEmpty { faults.append("plain: \(unknown) were never sent") }
        return faults
    }

    /// Once, in order, with their timestamps; what was not acknowledged may be missing.
    private func inputs() throws -> (written: [Int], faults: [String]) {
        var faults: [String] = []
        var written: [Int] = []
        for (index, input) in TortureClients.inputs.enumerated() {
            let records = try readRecords(brokers, input)
            let numbers = records.compactMap { Int($0.value) }
            if numbers != Set(numbers).sorted() { faults.append("\(input): twice or out of order") }
            if !numbers.allSatisfy({ $0 % 2 == index }) { faults.append("\(input): of another partition") }
            let isTimed = zip(numbers, records).allSatisfy { $1.timestamp == TortureClients.epoch + Int64($0) }
            if !isTimed { faults.append("\(input): other timestamps than those sent") }
            faults += try timeSearches(input, records)
            written += numbers
        }
        let missing = entries.idempotentSent - written.count
        if missing > Int(entries.idempotent.failed) { faults.append("input: \(missing) missing") }
        return (written, faults)
    }

    /// A search by timestamp finds the record that has it, all over the partition.
    private func timeSearches(_ partition: TopicPartition, _ records: [SeenRecord]) throws -> [String] {
        let reader = try KafkaReader(settings: KafkaSettings(brokers: [brokers], clientID: "times"))
        var faults: [String] = []
        for record in stride(from: 0, to: records.count, by: max(1, records.count / 20)).map({ records[$0] }) {
            let found = try reader.offsets(of: [partition], atOrAfterMilliseconds: record.timestamp)
            if found != [record.offset] { faults.append("\(partition): \(found) for the time of \(record.offset)") }
        }
        return faults
    }

    /// Each input once, in the order of its partition, the same in both partitions, and nothing from a transaction that
    /// was aborted or left open.
    private func outputs(of written: [Int]) throws -> [String] {
        var faults: [String] = []
        for output in TortureClients.outputs {
            let values = try readValues(brokers, output)
            let numbers = values.compactMap { Int($0) }
            if numbers.count != values.count {
                faults.append("\(output): \(values.count - numbers.count) from aborted transactions")
            }
            for rest in 0...1 where numbers.filter({ $0 % 2 == rest }) != written.filter({ $0 % 2 == rest }) {
                faults.append("\(output): not each record of input[\(rest)] once and in order")
            }
            if output == TortureClients.output, entries.seen != values {
                faults.append("\(output): a reader saw other records on the way")
            }
        }
        return faults
    }

    /// Of each key the last value sent; before it older ones, in order.
    private func latest() throws -> [String] {
        guard entries.latestTally.failed == 0 else { return ["latest: \(entries.latestTally)"] }
        let records = try readRecords(brokers, TortureClients.latest)
        let numbers = records.compactMap { Int($0.value) }
        var last: [String: Int] = [:]
        for (record, number) in zip(records, numbers) { last[record.key] = number }
        var faults: [String] = []
        if numbers != Set(numbers).sorted() { faults.append("latest: twice or out of order") }
        if last != entries.latest { faults.append("latest: \(last) is there, \(entries.latest) was sent") }
        return faults
    }
}
