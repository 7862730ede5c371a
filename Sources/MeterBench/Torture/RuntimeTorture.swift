import Foundation
import KafkaIO
import MeterCore
import Normalization
import Settings
import StreamCore
import VEE

/// The pipeline from raw payloads to validated readings in four processes, two of each service, under load: killed at random moments,
/// then joined and left by a second process, and compared with an undisturbed fold of the same input.
final class RuntimeTorture {
    struct Options {
        var program: String
        var brokers: String
        var home: String
        var folder: String
        var seed: UInt64
        var kills: Int
        var meters: Int
        var payloadsPerSecond: Double
        /// Whether processes are restarted, added and removed after the kills.
        var changesMembers: Bool
    }

    private static let limitSeconds = 300.0

    private let options: Options
    private let settings: KafkaSettings
    private var random: SplitMix
    private var processes: [ServiceProcess] = []
    private let load: RawLoad
    private let watches: [ProgressWatch]
    private let threads = DispatchGroup()
    private(set) var result = BenchResult()
    private(set) var faults: [String] = []

    init(_ options: Options) {
        self.options = options
        settings = KafkaSettings(brokers: [options.brokers], clientID: "torture")
        random = SplitMix(state: options.seed)
        load = RawLoad(
            settings: settings,
            meters: options.meters,
            seed: options.seed,
            payloadsPerSecond: options.payloadsPerSecond
        )
        watches = ["normalizer", "vee"].map { [settings] in
            ProgressWatch(settings: settings, groupID: "meterlog-\($0)", partitions: Self.inputs(of: $0))
        }
    }

    private static func inputs(of service: String) -> [TopicPartition] {
        let topic = service == "vee" ? VEEProcessor.inputTopic : NormalizerProcessor.inputTopic
        return (0..<4).map { TopicPartition(topic, $0) }
    }

    /// - Throws: what keeps it from being judged; what is wrong with the outcome is in `faults`.
    func run() throws {
        result.add("work", .text("runtime-torture"))
        result.add("seed", .integer(Int64(bitPattern: options.seed)))
        try command(["topics", "apply"])
        for service in ["normalizer", "vee"] {
            for instance in ["a", "b"] { processes.append(process(service, instance)) }
        }
        for process in processes { try process.start() }
        spawn(load.run)
        defer { end() }
        try wait("the pipeline does not begin to work") { try committed("vee").reduce(0, +) > 0 }
        for watch in watches { spawn(watch.run) }
        usleep(2_000_000)
        result.add("undisturbedPauseMs", .integer(Int64(longestPause())))
        try killAll()
        if options.changesMembers { try changeMembers() }
        load.stop()
        try wait("not everything is processed") {
            try ["normalizer", "vee"].allSatisfy { try isThrough($0) }
        }
        end()
        result.add("payloads", .integer(Int64(load.payloads)))
        for trouble in [load.trouble] + watches.map(\.trouble) { if let trouble { faults.append(trouble) } }
        try judge()
    }

    // MARK: Kills

    private func killAll() throws {
        var starts = 0
        for _ in 0..<options.kills {
            usleep(UInt32(random.number(100...1_500)) * 1_000)
            let victim = processes[Int(random.number(0...UInt64(processes.count - 1)))]
            victim.kill()
            usleep(UInt32(random.number(0...500)) * 1_000)
            try victim.start()
            starts += 1
        }
        usleep(3_000_000)
        result.add("kills", .integer(Int64(starts)))
        result.add("killPauseMs", .integer(Int64(longestPause())))
    }

    // MARK: Joining and leaving

    /// A rolling restart, a third process that comes, and its leaving for good: the group waits for a static member until its session
    /// ends, so that is what leaving costs.
    private func changeMembers() throws {
        guard let process = processes.last else { return }
        _ = longestPause()
        process.stop()
        try process.start()
        usleep(4_000_000)
        result.add("restartPauseMs", .integer(Int64(longestPause())))
        let newcomer = self.process(process.service, "c")
        try newcomer.start()
        usleep(8_000_000)
        result.add("joinPauseMs", .integer(Int64(longestPause())))
        newcomer.stop()
        processes.append(newcomer)
        usleep(20_000_000)
        result.add("leavePauseMs", .integer(Int64(longestPause())))
    }

    private func longestPause() -> Int { watches.map { $0.takeLongestMilliseconds() }.max() ?? 0 }

    // MARK: The verdict

    private func judge() throws {
        let counts = try KafkaAdmin(settings: settings).topics().reduce(into: [String: Int32]()) {
            $0[$1.name] = $1.partitionCount
        }
        let configured = Settings()
        let normalizer = NormalizerProcessor.Configuration(
            zones: ZoneCatalog(),
            rawPartitionCount: counts[NormalizerProcessor.inputTopic] ?? 1,
            maxUnpackedBytes: configured.gateway.maxUnpackedMegabytes << 20
        )
        try judge(NormalizerProcessor.self, normalizer, counts)
        let vee = VEEConfiguration(
            zones: ZoneCatalog(),
            limits: VEELimits(
                historyDays: configured.vee.historyDays,
                graceSeconds: Int64(configured.vee.graceHours) * 3600,
                lateGraceSeconds: Int64(configured.vee.lateGraceHours) * 3600
            )
        )
        try judge(VEEProcessor.self, vee, counts)
    }

    private func judge<P: Processor>(
        _ type: P.Type,
        _ configuration: P.Configuration,
        _ counts: [String: Int32]
    ) throws {
        var fold = UndisturbedFold<P>(settings: settings)
        let outputCounts = P.outputTopics.map { counts[$0] ?? 1 }
        for partition in 0..<(counts[P.inputTopic] ?? 1) {
            try fold.fold(partition: partition, configuration: configuration, outputCounts: outputCounts)
        }
        for (topic, count) in zip(P.outputTopics, outputCounts) {
            for partition in 0..<count { try fold.compare(topic: topic, partition: partition) }
        }
        result.add("\(P.name)Inputs", .integer(Int64(fold.inputs)))
        result.add("\(P.name)Outputs", .integer(Int64(fold.outputs)))
        result.add("\(P.name)Differences", .integer(Int64(fold.differences.count)))
        faults += fold.differences.prefix(10)
    }

    // MARK: Processes

    private var environment: [String: String] {
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("METERLOG_") }
        environment["METERLOG_KAFKA_BROKERS"] = options.brokers
        environment["METERLOG_HOME"] = options.home
        // Several processes of one service: each takes a free port.
        environment["METERLOG_METRICS_ADDRESS"] = "127.0.0.1:0"
        return environment
    }

    private func process(_ service: String, _ instance: String) -> ServiceProcess {
        ServiceProcess(
            service: service,
            instance: instance,
            program: options.program,
            environment: environment,
            folder: options.folder
        )
    }

    private func command(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: options.program)
        process.arguments = arguments
        process.environment = environment
        process.standardOutput = FileHandle.nullDevice
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw TortureError.command(arguments.joined(separator: " "), process.terminationStatus)
        }
    }

    private func spawn(_ body: @escaping @Sendable () -> Void) {
        threads.enter()
        let threads = threads
        Thread.detachNewThread {
            body()
            threads.leave()
        }
    }

    /// Stops everything that was started; may be called again.
    private func end() {
        load.stop()
        for watch in watches { watch.stop() }
        threads.wait()
        for process in processes { process.stop() }
    }

    private func committed(_ service: String) throws -> [Int64] {
        let admin = try KafkaAdmin(settings: settings)
        return try admin.committedOffsets(ofGroup: "meterlog-\(service)", Self.inputs(of: service)).map { $0 ?? 0 }
    }

    /// Whether no record is left behind the committed offsets; the end of a partition may be the mark of a transaction, which is none.
    private func isThrough(_ service: String) throws -> Bool {
        var reader = try KafkaReader(settings: settings)
        let positions = zip(Self.inputs(of: service), try committed(service)).map {
            PartitionPosition($0, nextOffset: $1)
        }
        try reader.assign(positions)
        var batch = InputBatch()
        for _ in 0..<50 where !reader.isAtEnd {
            _ = try reader.poll(into: &batch, timeoutMilliseconds: 100)
            guard batch.isEmpty else { return false }
        }
        return reader.isAtEnd
    }

    private func wait(_ complaint: String, _ isDone: () throws -> Bool) throws {
        let end = ProcessUsage.monotonicSeconds() + Self.limitSeconds
        while try !isDone() {
            guard ProcessUsage.monotonicSeconds() < end else { throw TortureError.noEnd(complaint) }
            for process in processes where process.hasFailed {
                throw TortureError.noEnd("\(process.name) has ended by itself; its log is in \(options.folder)")
            }
            usleep(100_000)
        }
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014): the kills of a seed are the same every time.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func number(_ range: ClosedRange<UInt64>) -> UInt64 {
        range.lowerBound + next() % (range.upperBound - range.lowerBound + 1)
    }
}
