import Foundation
import KafkaProtocol

/// The broker as a process that can be killed and started again on its port and directory.
final class BrokerProcess {
    let port: Int
    private let binary: String
    private let directory: String
    private var process: Process?
    private(set) var kills = 0
    /// The longest time from a start to the first answer.
    private(set) var slowestStartSeconds = 0.0

    /// - Parameter binary: path of the program `meterlog`.
    init(binary: String, directory: String) throws {
        self.binary = binary
        self.directory = directory
        port = try Self.freePort()
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure("socket: \(errno)") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let result = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 ? getsockname(descriptor, generic, &length) : -1
            }
        }
        guard result == 0 else { throw TestFailure("bind: \(errno)") }
        return Int(UInt16(bigEndian: address.sin_port))
    }

    /// Starts it, and returns when it answers.
    func start() throws {
        let log = directory + "/log.txt"
        if !FileManager.default.fileExists(atPath: log) { try Data().write(to: URL(fileURLWithPath: log)) }
        let output = try FileHandle(forWritingTo: URL(fileURLWithPath: log))
        try output.seekToEnd()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: binary)
        process.arguments = ["broker", "--data", directory + "/data", "--listen", "127.0.0.1:\(port)"]
        process.standardOutput = output
        process.standardError = output
        let began = Date()
        try process.run()
        self.process = process
        while !answers() {
            guard process.isRunning, Date().timeIntervalSince(began) < 30 else {
                throw TestFailure("the broker does not start; its log is \(log)")
            }
            usleep(10_000)
        }
        slowestStartSeconds = max(slowestStartSeconds, Date().timeIntervalSince(began))
    }

    /// What it has said since its first start.
    var log: String {
        get throws { try String(contentsOfFile: directory + "/log.txt", encoding: .utf8) }
    }

    private func answers() -> Bool {
        do {
            return try TestClient(port: port).call(ApiVersionsRequest(), version: 0).errorCode == 0
        } catch {
            return false
        }
    }

    /// SIGKILL, as power loss for the process; returns when it is gone.
    func kill() {
        guard let process else { return }
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        self.process = nil
        kills += 1
    }

    /// SIGTERM. Returns its exit code.
    func stop() -> Int32 {
        guard let process else { return 0 }
        process.terminate()
        process.waitUntilExit()
        self.process = nil
        return process.terminationStatus
    }
}
