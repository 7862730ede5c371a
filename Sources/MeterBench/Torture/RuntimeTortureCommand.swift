import ArgumentParser
import Foundation
import KafkaIO

/// `meterlog-bench runtime-torture`, which `ops/runtime-torture` runs.
struct RuntimeTortureCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runtime-torture",
        abstract:
            "Kills the processors at random moments under load, adds and removes processes, and judges the outputs.",
        discussion: """
            Starts two processes each of `meterlog service normalizer` and `meterlog service vee`, sends payloads to meter.raw, kills one \
            process after the other (kill -9) and starts it again; then restarts one, adds a third, and stops that for good. In the end all \
            outputs that a reader of committed records sees must be those of one undisturbed fold of the same input, each once. \
            Pauses are the longest time that a partition with records to read stood still.
            """
    )

    @Flag(help: "One JSON object.")
    var json = false
    @Option(help: "Kills.")
    var kills = 20
    @Option(help: "Seed of the moments and the victims. Default: a new one, which is printed.")
    var seed: UInt64?
    @Option(help: "Meters that send.")
    var meters = 500
    @Option(help: "Payloads a second, of ten meters each.")
    var payloadsPerSecond = 200.0
    @Flag(help: "Leave out the restart, joining and leaving of a process, which take 35 s.")
    var killsOnly = false
    @Option(help: "The program meterlog. Default: the one beside this program.")
    var program: String?
    @Option(help: "Folder with topics/. Default: the current folder.")
    var home = "."
    @Option(help: "HOST:PORT of the broker. Default: METERLOG_KAFKA_BROKERS.")
    var brokers: String?

    func validate() throws {
        guard (0...10_000).contains(kills), (1...1_000_000).contains(meters), payloadsPerSecond > 0 else {
            throw ValidationError("--kills, --meters and --payloads-per-second are positive numbers")
        }
    }

    func run() throws {
        guard let address = brokers ?? ProcessInfo.processInfo.environment["METERLOG_KAFKA_BROKERS"] else {
            throw ValidationError("--brokers or METERLOG_KAFKA_BROKERS says where the broker is")
        }
        let seed = seed ?? UInt64.random(in: 0...UInt64(UInt32.max))
        FileHandle.standardError.write(Data("seed \(seed)\n".utf8))
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        let beside = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent("meterlog").path
        let folder = FileManager.default.temporaryDirectory.path + "/meterlog-torture-\(seed)-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let torture = RuntimeTorture(
            RuntimeTorture.Options(
                program: program ?? beside,
                brokers: address,
                home: home,
                folder: folder,
                seed: seed,
                kills: kills,
                meters: meters,
                payloadsPerSecond: payloadsPerSecond,
                changesMembers: !killsOnly
            )
        )
        try torture.run()
        print(json ? torture.result.json : torture.result.table)
        guard torture.faults.isEmpty else {
            for fault in torture.faults { FileHandle.standardError.write(Data("\(fault)\n".utf8)) }
            FileHandle.standardError.write(Data("the processes' logs are in \(folder)\n".utf8))
            throw ExitCode.failure
        }
        try FileManager.default.removeItem(atPath: folder)
    }
}
