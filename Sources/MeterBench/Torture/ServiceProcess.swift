import Foundation

/// One `meterlog service NAME` as a process of its own, to be killed and started again.
final class ServiceProcess {
    let service: String
    let instance: String
    private let program: String
    private let environment: [String: String]
    private let log: String
    private var process: Process?
    private(set) var starts = 0

    init(service: String, instance: String, program: String, environment: [String: String], folder: String) {
        self.service = service
        self.instance = instance
        self.program = program
        self.environment = environment
        log = "\(folder)/\(service)-\(instance).log"
    }

    var name: String { "\(service)-\(instance)" }
    /// Whether it ended without having been asked to.
    var hasFailed: Bool { process.map { !$0.isRunning } ?? false }

    func start() throws {
        if starts == 0, !FileManager.default.createFile(atPath: log, contents: nil) { throw TortureError.file(log) }
        guard let output = FileHandle(forWritingAtPath: log) else { throw TortureError.file(log) }
        try output.seekToEnd()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = ["service", service, "--instance", instance]
        process.environment = environment
        process.standardOutput = output
        process.standardError = output
        try process.run()
        self.process = process
        starts += 1
    }

    /// SIGKILL; returns when it is gone.
    func kill() {
        guard let process else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
    }

    /// SIGTERM, and waits for its end.
    /// - Returns: its exit code.
    @discardableResult
    func stop() -> Int32 {
        guard let process else { return 0 }
        process.terminate()
        process.waitUntilExit()
        self.process = nil
        return process.terminationStatus
    }
}

/// Why a torture can't go on.
enum TortureError: Error, CustomStringConvertible {
    case file(String)
    case command(String, Int32)
    case noEnd(String)

    var description: String {
        switch self {
        case .file(let path): "\(path) can't be written"
        case .command(let what, let code): "\(what) ended with code \(code)"
        case .noEnd(let what): what
        }
    }
}
