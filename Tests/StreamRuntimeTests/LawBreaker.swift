import StreamCore
import Synchronization

/// Counts its records and emits the count; with a habit that breaks one of the laws.
struct LawBreaker: Processor {
    enum Habit: Sendable {
        case none
        case emitsPerBatch
        case forgetsOnRestore
        case ignoresRecordsWhileMuted
        case acceptsTruncatedState
        case remembersOtherRuns
    }

    typealias Configuration = Habit

    static let name = "lawbreaker"
    static let stateVersion: UInt32 = 1
    static let inputTopic = "in"
    static let outputTopics = ["out"]
    static let counterNames = ["folded_records_total"]
    private static let instances = Atomic<Int64>(0)

    private let habit: Habit
    private var count: Int64

    init(configuration: Habit, partition: Int32) {
        habit = configuration
        let instance = Self.instances.wrappingAdd(1, ordering: .relaxed).newValue
        count = configuration == .remembersOtherRuns ? instance : 0
    }

    mutating func fold(
        _ batch: borrowing InputBatch,
        _ range: Range<Int>,
        into effects: inout Effects
    ) throws(ProcessorFault) {
        if habit == .ignoresRecordsWhileMuted, effects.isMuted { return }
        count += Int64(range.count)
        effects.count(0, by: Int64(range.count))
        guard habit != .emitsPerBatch else { return emit(&effects) }
        for _ in range { emit(&effects) }
    }

    private func emit(_ effects: inout Effects) {
        let bytes = habit == .none || habit == .emitsPerBatch ? [] : state
        effects.emit(to: 0, key: [1], timestampMilliseconds: 0) { $0.append(contentsOf: bytes) }
    }

    private var state: [UInt8] {
        var writer = StateWriter()
        writer.append(count)
        return writer.bytes
    }

    func encodeState(into bytes: inout [UInt8]) {
        bytes.append(contentsOf: state)
    }

    init(configuration: Habit, partition: Int32, state: Span<UInt8>) throws(StateError) {
        self.init(configuration: configuration, partition: partition)
        var reader = StateReader()
        if configuration == .acceptsTruncatedState, state.count < 8 { return }
        count = try reader.read(Int64.self, from: state)
        if configuration == .forgetsOnRestore { count = 0 }
    }

    var stateSizes: [(name: String, count: Int)] { [] }
}
