package import StreamCore

/// The generated inputs and the comparison with the second implementations, without a log: for tests.
package enum BenchInput {
    /// A generated message.
    package struct Message: Sendable, Equatable {
        package var key: [UInt8]
        package var value: [UInt8]
        /// Milliseconds since 1970-01-01T00:00:00Z.
        package var timestampMilliseconds: Int64
    }

    package static func w1(messages: Int, meters: Int, seed: UInt64) -> [Message] {
        all(W1Generator(messages: messages, meters: meters, seed: seed))
    }

    package static func w2(messages: Int, meters: Int, seed: UInt64) -> [Message] {
        all(W2Generator(messages: messages, meters: meters, seed: seed))
    }

    private static func all(_ generator: some MessageGenerator) -> [Message] {
        var generator = generator
        var messages: [Message] = []
        while let next = generator.next() {
            messages.append(
                Message(key: next.key, value: next.value, timestampMilliseconds: next.timestampMilliseconds)
            )
        }
        return messages
    }

    /// Folds a generated input with the processor and compares every output.
    /// - Returns: the differences.
    package static func compareW1(
        messages: Int,
        meters: Int,
        seed: UInt64,
        isJSON: Bool
    ) throws(ProcessorFault) -> [String] {
        let processor = W1Processor(configuration: W1Processor.Configuration(isJSON: isJSON), partition: 0)
        let input = w1(messages: messages, meters: meters, seed: seed)
        return try compare(processor, input, W1Check(isJSON: isJSON))
    }

    package static func compareW2(
        messages: Int,
        meters: Int,
        seed: UInt64,
        isJSON: Bool
    ) throws(ProcessorFault) -> [String] {
        let processor = W2Processor(configuration: W2Processor.Configuration(isJSON: isJSON), partition: 0)
        let input = w2(messages: messages, meters: meters, seed: seed)
        return try compare(processor, input, W2Check(isJSON: isJSON))
    }

    private static func compare(
        _ processor: some Processor,
        _ input: [Message],
        _ check: some OutputCheck
    ) throws(ProcessorFault) -> [String] {
        var (processor, check) = (processor, check)
        var effects = Effects(
            outputs: [.init(topic: "out", partitionCount: 1), .init(topic: "dead", partitionCount: 1)],
            counterCount: 6
        )
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition("in", 0))
        for (offset, message) in input.enumerated() {
            batch.append(
                slot: slot,
                offset: Int64(offset),
                timestampMilliseconds: message.timestampMilliseconds,
                key: message.key.span,
                value: message.value.span
            )
            check.expect(fromInput: message.value, meter: message.key, partition: 0)
        }
        try processor.fold(batch, 0..<batch.count, into: &effects)
        var differences: [String] = []
        for entry in effects.entries {
            let difference = check.check(
                output: Array(effects.bytes[entry.value]),
                meter: Array(effects.bytes[entry.key])
            )
            if let difference { differences.append(difference) }
        }
        if effects.entries.isEmpty { differences.append("nothing came out") }
        if check.outstanding > 0 { differences.append("\(check.outstanding) outputs did not come") }
        return differences
    }
}
