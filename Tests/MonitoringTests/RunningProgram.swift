import Foundation
import Synchronization

/// One of our executables as a process of its own.
final class RunningProgram: Sendable {
    struct Missing: Error, CustomStringConvertible {
        var description: String
    }

    private final class Output: Sendable {
        private let bytes = Mutex<[UInt8]>([])

        func append(_ data: Data) { bytes.withLock { $0.append(contentsOf: data) } }
        var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }
    }

    private let process: Process
    private let output = Output()
    private let errors = Output()

    /// - Parameter environment: added to PATH and HOME.
    init(_ path: String, _ arguments: [String], _ environment: [String: String]) throws {
        process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = arguments
        let inherited = ProcessInfo.processInfo.environment.filter {
            ["PATH", "HOME", "LD_LIBRARY_PATH"].contains($0.key)
        }
        process.environment = inherited.merging(environment) { _, new in new }
        for (pipe, sink) in [(Pipe(), output), (Pipe(), errors)] {
            pipe.fileHandleForReading.readabilityHandler = { sink.append($0.availableData) }
            if sink === output { process.standardOutput = pipe } else { process.standardError = pipe }
        }
        try process.run()
    }

    var log: String { errors.text }

    /// The first line of either output that holds a text.
    func line(with text: String, seconds: Double = 60) async throws -> String {
        let deadline = ContinuousClock.now.advanced(by: .seconds(seconds))
        while ContinuousClock.now < deadline {
            let lines = (output.text + errors.text).split(separator: "\n")
            if let line = lines.first(where: { $0.contains(text) }) { return String(line) }
            guard process.isRunning else { break }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Missing(description: "no line with \"\(text)\" in:\n\(output.text)\(errors.text)")
    }

    /// The number behind `name=` in a line of the log.
    func number(_ name: String, inLineWith text: String) async throws -> Int {
        let line = try await line(with: text)
        guard let match = try line.firstMatch(of: Regex("\(name)=([0-9]+)", as: (Substring, Substring).self)),
            let number = Int(match.1)
        else { throw Missing(description: "no \(name) in \(line)") }
        return number
    }

    /// Asks it to end, and waits.
    /// - Returns: its exit code.
    func stop() async -> Int32 {
        if process.isRunning { process.terminate() }
        let deadline = ContinuousClock.now.advanced(by: .seconds(60))
        while process.isRunning, ContinuousClock.now < deadline {
            do {
                try await Task.sleep(for: .milliseconds(50))
            } catch {
                break
            }
        }
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
        process.waitUntilExit()
        return process.terminationStatus
    }

    /// Runs to the end.
    func wait() async throws -> Int32 {
        while process.isRunning { try await Task.sleep(for: .milliseconds(50)) }
        return process.terminationStatus
    }
}
