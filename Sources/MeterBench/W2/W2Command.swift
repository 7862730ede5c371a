import ArgumentParser

/// `meterlog-bench w2`
struct W2Command: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "w2",
        abstract: "Single intervals: de-duplicated and summed in tumbling hours by meter.",
        discussion: """
            Input: JSON {"id","meter","channel","start"(epoch s),"interval":900,"value"(number or null),"receivedAt"(ms)}, keyed by \
            meter, in time order. A window closes 15 minutes after its end; sum, count and linear estimates for one or two missing \
            intervals are put out, as protobuf or with --emit json as {"meter","start","sum","count","estimated"}.
            """
    )

    @OptionGroup var options: StreamBenchOptions

    func run() async throws {
        let isJSON = options.emit == .json
        let messages = options.messages ?? 1_000_000
        let bench = StreamBench<W2Processor>(
            work: "w2",
            options: options,
            configuration: W2Processor.Configuration(isJSON: isJSON),
            intervalsPerMessage: 1
        )
        let generator = W2Generator(
            messages: messages,
            meters: options.meters ?? max(1, messages / 10),
            seed: options.seed
        )
        // Windows close by the stream time of a partition, so nothing less than all of it can be compared.
        let result = try await bench.run(
            generator: generator,
            check: W2Check(isJSON: isJSON),
            every: options.verifyEvery == 0 ? 0 : 1
        )
        print(options.json ? result.json : result.table)
    }
}
