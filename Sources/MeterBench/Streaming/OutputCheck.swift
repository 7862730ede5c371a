import StreamCore

/// Compares the outputs of every so many meters with what a second implementation makes of the same input.
protocol OutputCheck {
    /// Shows one input record of a chosen meter, in order; what should come out is remembered.
    mutating func expect(fromInput value: [UInt8], meter: [UInt8], partition: Int32)
    /// Shows one output record of a chosen meter, in order.
    /// - Returns: what is wrong with it.
    mutating func check(output value: [UInt8], meter: [UInt8]) -> String?
    /// Outputs that should have come and did not.
    var outstanding: Int { get }
}

/// Reads input and output after a run.
struct OutputVerification {
    let cluster: BenchCluster
    let topics: BenchTopics
    /// One meter in so many; 0 for none.
    let every: Int

    struct Outcome {
        var outputs: Int64 = 0
        var compared: Int64 = 0
    }

    /// - Throws: `wrongAnswer` for the first difference.
    func run(_ check: some OutputCheck) throws -> Outcome {
        var check = check
        var outcome = Outcome()
        var fault: String?
        if every > 0 {
            try cluster.read(topics.input) { batch in
                for (index, entry) in batch.entries.enumerated() where isChosen(batch, entry) {
                    check.expect(
                        fromInput: Array(batch.bytes[entry.value]),
                        meter: Array(batch.bytes[entry.key]),
                        partition: batch.partition(of: index).partition
                    )
                }
            }
        }
        try cluster.read(topics.output) { batch in
            outcome.outputs += Int64(batch.count)
            guard every > 0, fault == nil else { return }
            for entry in batch.entries where isChosen(batch, entry) {
                outcome.compared += 1
                fault = check.check(output: Array(batch.bytes[entry.value]), meter: Array(batch.bytes[entry.key]))
                if fault != nil { return }
            }
        }
        if let fault { throw StreamBenchError.wrongAnswer(fault) }
        guard check.outstanding == 0 else {
            throw StreamBenchError.wrongAnswer("\(check.outstanding) outputs of the compared meters are not there")
        }
        return outcome
    }

    private func isChosen(_ batch: InputBatch, _ entry: InputBatch.Entry) -> Bool {
        every == 1
            || Partitioner.murmur2(batch.bytes.span.extracting(entry.key)) / 4 % UInt32(clamping: every) == 0
    }
}
