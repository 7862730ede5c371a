import Glibc
import StreamCore

/// One measurement of a stream processor: input filled, run, copy limit, comparison of the outputs, result.
struct StreamBench<P: Processor> {
    let work: String
    let options: StreamBenchOptions
    let configuration: P.Configuration
    let intervalsPerMessage: Double

    func run(generator: some MessageGenerator, check: some OutputCheck, every: Int) async throws -> BenchResult {
        let cluster = try BenchCluster(options)
        if options.fill, let topic = options.inputTopic { return try fill(topic, cluster, generator) }
        let name = "meterlog-bench-\(work)-\(getpid())"
        let topics = BenchTopics(
            input: options.inputTopic ?? "\(name).in",
            output: options.outputTopic ?? "\(name).out"
        )
        let copyTopic = "\(name).copy"
        let snapshots = "meter.\(P.name).snapshots"
        var made: [String] = []
        func make(_ topic: String, _ partitions: Int32, isOurs: Bool, isCompacted: Bool = false) throws {
            if isOurs { made.append(topic) }
            try cluster.create(topic, partitions: partitions, isCompacted: isCompacted)
        }
        defer { cleanUp(cluster, made) }
        if options.inputTopic == nil { try make(topics.input, options.partitions, isOurs: true) }
        let partitions = options.inputTopic == nil ? options.partitions : try cluster.partitionCount(of: topics.input)
        try make(topics.output, partitions, isOurs: options.outputTopic == nil)
        try make(topics.deadLetters, partitions, isOurs: options.outputTopic == nil)
        try make(snapshots, partitions, isOurs: true, isCompacted: true)
        if options.inputTopic == nil {
            Progress.say("filling \(topics.input)")
            _ = try cluster.fill(topics.input, from: generator)
        }
        let messages = try cluster.watermarks(of: topics.input).reduce(0) { $0 + $1.high - $1.low }
        Progress.say("\(work): \(messages) messages")
        let product = try await StreamRun(cluster: cluster, options: options, topics: topics).run(P.self, configuration)
        Progress.say(describe(product, messages))
        var copy: StreamRun.Figures?
        if options.copy {
            try make(copyTopic, partitions, isOurs: true)
            let copied = BenchTopics(input: topics.input, output: copyTopic)
            let run = StreamRun(cluster: cluster, options: options, topics: copied)
            copy = try await run.run(CopyProcessor.self, CopyProcessor.Configuration())
            copy.map { Progress.say("copy: " + describe($0, messages)) }
        }
        let verified = try OutputVerification(cluster: cluster, topics: topics, every: every).run(check)
        if options.outputTopic == nil, verified.outputs != product.outputs - malformed(product) {
            throw StreamBenchError.wrongAnswer(
                "\(verified.outputs) outputs are in the topic, \(product.outputs) were committed"
            )
        }
        return result(product, copy, messages, verified)
    }

    private func fill(
        _ topic: String,
        _ cluster: BenchCluster,
        _ generator: some MessageGenerator
    ) throws -> BenchResult {
        try cluster.create(topic, partitions: options.partitions)
        var result = BenchResult()
        result.add("topic", .text(topic))
        result.add("messages", .integer(Int64(try cluster.fill(topic, from: generator))))
        return result
    }

    private func malformed(_ figures: StreamRun.Figures) -> Int64 { figures.counters["malformed_total"] ?? 0 }

    private func cleanUp(_ cluster: BenchCluster, _ topics: [String]) {
        do {
            try cluster.delete(topics)
        } catch {
            Progress.say("topics are left: \(error)")
        }
    }

    private func describe(_ figures: StreamRun.Figures, _ messages: Int64) -> String {
        let rate = Double(messages) / figures.seconds
        let threads = figures.seconds * Double(options.threads)
        func share(_ seconds: Double) -> String { "\(Int((seconds / threads * 100).rounded())) %" }
        let known = figures.shares.wait + figures.shares.poll + figures.shares.produce + figures.shares.commit
        let rest = max(0, threads - known)
        return "\(Int(rate)) messages/s, CPU \(rounded(figures.productCPUSeconds)) s here"
            + " and \(figures.brokerCPUSeconds.map { rounded($0) } ?? "?") s in the broker,"
            + " of the threads' time wait \(share(figures.shares.wait)), poll \(share(figures.shares.poll)), fold \(share(rest)),"
            + " produce \(share(figures.shares.produce)), commit \(share(figures.shares.commit))"
            + " in \(figures.commits) transactions"
    }

    private func rounded(_ value: Double) -> String { "\((value * 100).rounded() / 100)" }

    private func result(
        _ product: StreamRun.Figures,
        _ copy: StreamRun.Figures?,
        _ messages: Int64,
        _ verified: OutputVerification.Outcome
    ) -> BenchResult {
        let rate = Double(messages) / product.seconds
        let copyRate = copy.map { Double(messages) / $0.seconds }
        var result = BenchResult()
        result.add("work", .text(work))
        result.add("messagesPerSecond", .number(rate, decimals: 0))
        result.add("intervalsPerSecond", .number(rate * intervalsPerMessage, decimals: 0))
        result.add("copyMessagesPerSecond", copyRate.map { .number($0, decimals: 0) } ?? .unknown)
        result.add(
            "copyIntervalsPerSecond",
            copyRate.map { .number($0 * intervalsPerMessage, decimals: 0) } ?? .unknown
        )
        result.add("ratioToCopy", copyRate.map { .number(rate / $0, decimals: 3) } ?? .unknown)
        result.add("productCpuSeconds", .number(product.productCPUSeconds, decimals: 2))
        result.add("brokerCpuSeconds", product.brokerCPUSeconds.map { .number($0, decimals: 2) } ?? .unknown)
        result.add("peakMemoryMB", .number(Double(product.peakMemoryBytes) / 1e6, decimals: 0))
        result.add("outputs", .integer(product.outputs - malformed(product)))
        result.add("duplicatesDropped", .integer(product.counters["duplicates_total"] ?? 0))
        result.add("deadLetters", .integer(malformed(product)))
        result.add("messages", .integer(messages))
        result.add("seconds", .number(product.seconds, decimals: 3))
        result.add("copyProductCpuSeconds", copy.map { .number($0.productCPUSeconds, decimals: 2) } ?? .unknown)
        result.add("copyBrokerCpuSeconds", copy?.brokerCPUSeconds.map { .number($0, decimals: 2) } ?? .unknown)
        result.add("transactions", .integer(Int64(product.commits)))
        result.add("threads", .integer(Int64(options.threads)))
        result.add("outputsCompared", .integer(verified.compared))
        return result
    }
}
