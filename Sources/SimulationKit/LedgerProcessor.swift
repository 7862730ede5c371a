public import StreamCore

/// The simplest processor in which every mistake shows: it drops records seen before, keeps a running sum per key, and emits each
/// sum. A record lost, folded twice, or folded into a state that was not its predecessor's gives a wrong sum from there on.
public struct LedgerProcessor: Processor {
    /// An input record: key, id and amount.
    public struct Entry: Sendable, Equatable {
        public var key: String
        public var id: UInt64
        public var amount: Int64

        public init(key: String, id: UInt64, amount: Int64) {
            self.key = key
            self.id = id
            self.amount = amount
        }

        public var record: SimulatedRecord {
            var writer = StateWriter()
            writer.append(id)
            writer.append(amount)
            return SimulatedRecord(key: Array(key.utf8), value: writer.bytes, timestampMilliseconds: Int64(id))
        }
    }

    /// An output record: the sum after an entry.
    public struct Balance: Sendable, Equatable {
        public var id: UInt64
        public var count: Int64
        public var sum: Int64
        /// Records of the key so far, with those that were dropped: a record folded twice shows although its id is known.
        public var arrivals: Int64

        public init(id: UInt64, count: Int64, sum: Int64, arrivals: Int64) {
            self.id = id
            self.count = count
            self.sum = sum
            self.arrivals = arrivals
        }

        /// - Returns: nil for bytes that are no balance.
        public init?(_ bytes: [UInt8]) {
            var reader = StateReader()
            do throws(StateError) {
                id = try reader.read(UInt64.self, from: bytes.span)
                count = try reader.read(Int64.self, from: bytes.span)
                sum = try reader.read(Int64.self, from: bytes.span)
                arrivals = try reader.read(Int64.self, from: bytes.span)
                try reader.finish(bytes.span)
            } catch {
                return nil
            }
        }
    }

    public struct Configuration: Sendable {
        /// A record with this id is taken for a defect of the program.
        public var faultyID: UInt64?
        /// Stands for anything that the state depends on.
        public var edition: Int

        public init(faultyID: UInt64? = nil, edition: Int = 1) {
            self.faultyID = faultyID
            self.edition = edition
        }
    }

    private struct Account {
        var count: Int64 = 0
        var sum: Int64 = 0
        var arrivals: Int64 = 0
    }

    public static let name = "ledger"
    public static let stateVersion: UInt32 = 1
    public static func fingerprint(of configuration: Configuration) -> UInt64 {
        var fingerprint = ConfigurationFingerprint()
        fingerprint.add(configuration.edition)
        return fingerprint.value
    }

    public static let inputTopic = "sim.input"
    public static let outputTopics = ["sim.output"]
    public static let counterNames = ["applied_records_total", "duplicate_records_total"]

    private let configuration: Configuration
    private let partition: Int32
    private var seen: Set<UInt64> = []
    private var accounts: [[UInt8]: Account] = [:]

    public init(configuration: Configuration, partition: Int32) {
        self.configuration = configuration
        self.partition = partition
    }

    public mutating func fold(
        _ batch: borrowing InputBatch,
        _ range: Range<Int>,
        into effects: inout Effects
    ) throws(ProcessorFault) {
        for index in range {
            let entry = batch.entries[index]
            var reader = StateReader()
            let value = batch.bytes.span.extracting(entry.value)
            do throws(StateError) {
                let id = try reader.read(UInt64.self, from: value)
                let amount = try reader.read(Int64.self, from: value)
                if id == configuration.faultyID { throw .malformed("the faulty id") }
                apply(id, amount, Array(batch.bytes[entry.key]), entry.timestampMilliseconds, &effects)
            } catch {
                throw ProcessorFault(
                    partition: TopicPartition(Self.inputTopic, partition),
                    offset: entry.offset,
                    reason: "\(error)"
                )
            }
        }
    }

    private mutating func apply(
        _ id: UInt64,
        _ amount: Int64,
        _ key: [UInt8],
        _ timestampMilliseconds: Int64,
        _ effects: inout Effects
    ) {
        accounts[key, default: Account()].arrivals += 1
        guard seen.insert(id).inserted else { return effects.count(1) }
        accounts[key, default: Account()].count += 1
        accounts[key, default: Account()].sum += amount
        let account = accounts[key, default: Account()]
        effects.count(0)
        effects.emit(to: 0, key: key, timestampMilliseconds: timestampMilliseconds) { bytes in
            var writer = StateWriter()
            writer.append(id)
            writer.append(account.count)
            writer.append(account.sum)
            writer.append(account.arrivals)
            bytes.append(contentsOf: writer.bytes)
        }
    }

    public func encodeState(into bytes: inout [UInt8]) {
        var writer = StateWriter(bytes)
        writer.append(UInt32(seen.count))
        for id in seen.sorted() { writer.append(id) }
        writer.append(UInt32(accounts.count))
        for (key, account) in accounts.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
            writer.append(String(decoding: key, as: UTF8.self))
            writer.append(account.count)
            writer.append(account.sum)
            writer.append(account.arrivals)
        }
        bytes = writer.bytes
    }

    public init(configuration: Configuration, partition: Int32, state: Span<UInt8>) throws(StateError) {
        self.init(configuration: configuration, partition: partition)
        var reader = StateReader()
        for _ in 0..<(try reader.read(UInt32.self, from: state)) {
            seen.insert(try reader.read(UInt64.self, from: state))
        }
        for _ in 0..<(try reader.read(UInt32.self, from: state)) {
            let key = Array(try reader.readText(from: state).utf8)
            let count = try reader.read(Int64.self, from: state)
            let sum = try reader.read(Int64.self, from: state)
            accounts[key] = Account(count: count, sum: sum, arrivals: try reader.read(Int64.self, from: state))
        }
        try reader.finish(state)
    }

    public var stateSizes: [(name: String, count: Int)] {
        [("ids", seen.count), ("accounts", accounts.count)]
    }
}
