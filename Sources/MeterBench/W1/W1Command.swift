import ArgumentParser

/// `meterlog-bench w1`
struct W1Command: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "w1",
        abstract: "Days of intervals: de-duplicated, checked, estimated, put out with a quality for each interval.",
        discussion: """
            Input: JSON {"id","meter","channel","start"(epoch s),"interval"(s),"values":[numbers or null],"receivedAt"(ms)}, keyed by \
            meter. Output: ValidatedIntervals (topics/schemas/validated.proto), or with --emit json {"meter","channel","start",\
            "interval","values","quality"} with quality 0 missing, 1 valid, 2 linear, 3 like-day, 4 spike suspect, 5 negative.
            """
    )

    @OptionGroup var options: StreamBenchOptions

    func run() async throws {
        let isJSON = options.emit == .json
        let messages = options.messages ?? 200_000
        let bench = StreamBench<W1Processor>(
            work: "w1",
            options: options,
            configuration: W1Processor.Configuration(isJSON: isJSON),
            intervalsPerMessage: Double(W1Generator.intervals)
        )
        let generator = W1Generator(
            messages: messages,
            meters: options.meters ?? max(1, messages / 10),
            seed: options.seed
        )
        let result = try await bench.run(
            generator: generator,
            check: W1Check(isJSON: isJSON),
            every: options.verifyEvery
        )
        print(options.json ? result.json : result.table)
    }
}
