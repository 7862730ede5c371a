package import StreamCore

/// Puts out every record as it came in, without looking at it: what the log itself allows.
package struct CopyProcessor: Processor {
    package struct Configuration: Sendable {
        package init() {}
    }

    package static var name: String { "copy" }
    package static var stateVersion: UInt32 { 1 }
    package static var inputTopic: String { BenchTopics.current.input }
    package static var outputTopics: [String] { [BenchTopics.current.output] }
    package static var counterNames: [String] { [] }

    private let partition: Int32

    package init(configuration: Configuration, partition: Int32) {
        self.partition = partition
    }

    package mutating func fold(
        _ batch: borrowing InputBatch,
        _ range: Range<Int>,
        into effects: inout Effects
    ) throws(ProcessorFault) {
        let bytes = batch.bytes.span
        let entries = batch.entries.span
        for number in range {
            let entry = entries[number]
            effects.emit(
                to: 0,
                partition: partition,
                key: bytes.extracting(entry.key),
                timestampMilliseconds: entry.timestampMilliseconds,
                value: bytes.extracting(entry.value)
            )
        }
    }

    package func encodeState(into bytes: inout [UInt8]) {}

    package init(configuration: Configuration, partition: Int32, state: Span<UInt8>) throws(StateError) {
        self.init(configuration: configuration, partition: partition)
        guard state.isEmpty else { throw .malformed("a copier has no state") }
    }

    package var stateSizes: [(name: String, count: Int)] { [] }
}
