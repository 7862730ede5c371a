import Foundation
import KafkaIO
import StreamCore

/// A broker for one measurement: the program `meterlog broker` on a free port, with a folder of its own.
final class BenchedBroker {
    /// When the broker acknowledges.
    enum Durability: String {
        /// After `fdatasync`, many producers' records at once.
        case always
        /// After the write; synced every second.
        case everySecond = "interval-1000"
    }

    let address: String
    private let port: UInt16
    private let program: String
    private let folder: String
    private let durability: Durability
    private var process: Process?

    /// - Parameters:
    ///   - program: path of `meterlog`.
    ///   - parent: where its folder is made.
    init(program: String, in parent: String, durability: Durability) throws {
        self.program = program
        self.durability = durability
        folder = "\(parent)/meterlog-bench-broker-\(getpid())-\(durability.rawValue)"
        port = try LocalPort.free()
        address = "127.0.0.1:\(port)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    var settings: KafkaSettings { KafkaSettings(brokers: [address], clientID: "meterlog-bench") }

    private var log: String { folder + "/log.txt" }

    /// Starts the program and waits until the port answers.
    func start() throws {
        if !FileManager.default.createFile(atPath: log, contents: nil) { throw BrokerBenchError.file(log) }
        guard let output = FileHandle(forWritingAtPath: log) else { throw BrokerBenchError.file(log) }
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["broker", "--data", folder + "/data", "--listen", address, "--fsync", durability.rawValue]
        process.environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("METERLOG_") }
        process.standardOutput = output
        process.standardError = output
        try process.run()
        self.process = process
        let end = ProcessUsage.monotonicSeconds() + 120
        while try !LocalPort.answers(port) {
            guard process.isRunning, ProcessUsage.monotonicSeconds() < end else {
                throw BrokerBenchError.notStarted(log: ProcessUsage.text(ofFile: log) ?? "")
            }
            usleep(1_000)
        }
    }

    /// Starts the program and reads one record of each partition.
    /// - Returns: seconds from its start until the first record was there.
    func startAndRead(_ partitions: [TopicPartition]) throws -> Double {
        let began = ProcessUsage.monotonicSeconds()
        try start()
        var first: Double?
        for partition in partitions {
            var reader = try KafkaReader(settings: settings)
            let (low, high) = try reader.watermarks(of: partition)
            guard low < high else { throw BrokerBenchError.lost("\(partition) is empty after a restart") }
            try reader.assign([PartitionPosition(partition, nextOffset: high - 1)])
            var batch = InputBatch()
            let end = ProcessUsage.monotonicSeconds() + 60
            while try !reader.poll(into: &batch, timeoutMilliseconds: 1_000) {
                guard ProcessUsage.monotonicSeconds() < end else {
                    throw BrokerBenchError.lost("\(partition) can't be read after a restart")
                }
            }
            if first == nil { first = ProcessUsage.monotonicSeconds() - began }
        }
        return first ?? 0
    }

    /// SIGKILL: no chance to write anything down.
    func kill() {
        end(SIGKILL)
    }

    /// SIGTERM.
    func stop() {
        end(SIGTERM)
    }

    private func end(_ signal: Int32) {
        guard let process else { return }
        Glibc.kill(process.processIdentifier, signal)
        process.waitUntilExit()
        self.process = nil
    }

    /// Ends it and removes its folder.
    func remove() throws {
        kill()
        try FileManager.default.removeItem(atPath: folder)
    }

    // MARK: What it takes

    var cpuSeconds: Double {
        process.flatMap { ProcessUsage.cpuSeconds(of: $0.processIdentifier) } ?? 0
    }

    /// Resident memory now.
    var residentMegabytes: Double { status("VmRSS:") }

    /// The largest resident memory since its start.
    var peakMegabytes: Double { status("VmHWM:") }

    private func status(_ name: String) -> Double {
        guard let process, let text = ProcessUsage.text(ofFile: "/proc/\(process.processIdentifier)/status") else {
            return 0
        }
        let line = text.split(separator: "\n").first { $0.hasPrefix(name) } ?? ""
        let kibibytes = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Double($0) } ?? 0
        return kibibytes * 1_024 / 1e6
    }
}

/// Why the broker could not be measured.
enum BrokerBenchError: Error, CustomStringConvertible {
    case notStarted(log: String)
    case file(String)
    case socket(errorNumber: Int32)
    /// Records are not there, or not acknowledged.
    case lost(String)

    var description: String {
        switch self {
        case .notStarted(let log): "the broker does not start: \(log.suffix(2_000))"
        case .file(let path): "\(path) can't be written"
        case .socket(let number): "no socket: error \(number)"
        case .lost(let what): what
        }
    }
}
