import KafkaIO
import StreamCore

/// What a processor puts out that folds its input once, undisturbed, in this process; compared with what is in the log.
///
/// Outputs of one key that come from one input partition must be there in the same order, byte for byte. A key that several input
/// partitions write to has its records in any order, because which partition is read first is left to chance; they are compared as a set
/// in which everything counts as often as it comes.
struct UndisturbedFold<P: Processor> {
    /// A record of an output topic, by what is compared.
    private struct Place: Hashable {
        var topic: String
        var partition: Int32
        var key: Hash128
    }

    private struct Expectation {
        var source: Int32
        var isShared = false
        var records: [Hash128] = []
    }

    private let settings: KafkaSettings
    private var expected: [Place: Expectation] = [:]
    private(set) var inputs = 0
    private(set) var outputs = 0
    private(set) var differences: [String] = []

    init(settings: KafkaSettings) {
        self.settings = settings
    }

    /// Folds one input partition from its start to its end.
    mutating func fold(partition: Int32, configuration: P.Configuration, outputCounts: [Int32]) throws {
        var reader = try KafkaReader(settings: settings)
        var processor = P(configuration: configuration, partition: partition)
        var effects = Effects(
            outputs: zip(P.outputTopics, outputCounts).map { Effects.Output(topic: $0, partitionCount: $1) },
            counterCount: P.counterNames.count
        )
        var fault: ProcessorFault?
        var folded = expected
        var count = 0
        try reader.readAll(TopicPartition(P.inputTopic, partition)) { batch in
            guard fault == nil else { return }
            do throws(ProcessorFault) {
                try processor.fold(batch, 0..<batch.count, into: &effects)
            } catch {
                fault = error
            }
            count += batch.count
            for entry in effects.entries {
                let key = Hash128(hashing: effects.bytes.span.extracting(entry.key))
                let place = Place(topic: P.outputTopics[entry.output], partition: entry.partition, key: key)
                let record = Self.hash(effects.bytes.span.extracting(entry.value), entry.timestampMilliseconds)
                if let known = folded[place], known.source != partition { folded[place]?.isShared = true }
                folded[place, default: Expectation(source: partition)].records.append(record)
            }
            effects.removeAll()
        }
        if let fault { throw fault }
        expected = folded
        inputs += count
    }

    /// Reads one output partition and notes what is not as it should be.
    mutating func compare(topic: String, partition: Int32) throws {
        var reader = try KafkaReader(settings: settings)
        var found: [Place: [Hash128]] = [:]
        try reader.readAll(TopicPartition(topic, partition)) { batch in
            for entry in batch.entries {
                let key = Hash128(hashing: batch.bytes.span.extracting(entry.key))
                let record = Self.hash(batch.bytes.span.extracting(entry.value), entry.timestampMilliseconds)
                found[Place(topic: topic, partition: partition, key: key), default: []].append(record)
            }
        }
        outputs += found.values.reduce(0) { $0 + $1.count }
        for (place, wanted) in expected where place.topic == topic && place.partition == partition {
            let records = found.removeValue(forKey: place) ?? []
            let isEqual = wanted.isShared ? records.sorted() == wanted.records.sorted() : records == wanted.records
            if !isEqual { note(place, records, wanted.records) }
        }
        for (place, records) in found { note(place, records, []) }
    }

    private mutating func note(_ place: Place, _ found: [Hash128], _ wanted: [Hash128]) {
        let surplus = found.count - Set(found).count
        differences.append(
            "\(place.topic)[\(place.partition)]: \(found.count) records of a key instead of \(wanted.count), \(surplus) of them twice"
        )
    }

    private static func hash(_ value: Span<UInt8>, _ timestampMilliseconds: Int64) -> Hash128 {
        var hash = Hash128(hashing: value)
        hash.low &+= UInt64(bitPattern: timestampMilliseconds) &* 0x9e37_79b9_7f4a_7c15
        return hash
    }
}
