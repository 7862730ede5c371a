import Foundation
import Synchronization

/// A `restore-worker` process and what it has said.
final class RestoreWorker {
    struct Line: Sendable {
        var seconds: Double
        var code: String
        var text: String

        /// The numbers of an event that is measured; `RestoreWorkerCommand` says which.
        var numbers: [Int64] { text.split(separator: " ").compactMap { Int64($0) } }
    }

    private let process = Process()
    private let lines: LineCollector
    let startedSeconds: Double

    init(brokers: String, threads: Int, partitions: Int32) throws {
        let own = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        process.executableURL = URL(fileURLWithPath: own)
        process.arguments = [
            "restore-worker", "--brokers", brokers, "--threads", "\(threads)", "--partitions", "\(partitions)",
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        let lines = LineCollector()
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty { handle.readabilityHandler = nil }
            lines.append(data)
        }
        self.lines = lines
        startedSeconds = ProcessUsage.monotonicSeconds()
        try process.run()
    }

    var processID: Int32 { process.processIdentifier }
    var isRunning: Bool { process.isRunning }

    func said(_ code: String) -> [Line] { lines.all.filter { $0.code == code } }

    var problems: [String] {
        let ordinary: Set = ["stream.restoring", "stream.live", "stream.snapshot-written", "stream.stopped"]
        return lines.all.filter { !ordinary.contains($0.code) }.map { "\($0.code) \($0.text)" }
    }

    /// SIGTERM, and waits for its end: it commits, and leaves snapshots of what it holds.
    func stop() {
        process.terminate()
        process.waitUntilExit()
    }

    /// SIGKILL; returns when it is gone.
    func kill() {
        Glibc.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }
}

/// Cuts what a pipe gives into lines.
private final class LineCollector: Sendable {
    private let state = Mutex((rest: Data(), lines: [RestoreWorker.Line]()))

    var all: [RestoreWorker.Line] { state.withLock { $0.lines } }

    func append(_ data: Data) {
        state.withLock { state in
            state.rest.append(data)
            while let end = state.rest.firstIndex(of: UInt8(ascii: "\n")) {
                let words = String(decoding: state.rest[..<end], as: UTF8.self).split(separator: " ", maxSplits: 2)
                state.rest.removeSubrange(...end)
                guard words.count == 3, let seconds = Double(words[0]) else { continue }
                state.lines.append(RestoreWorker.Line(seconds: seconds, code: String(words[1]), text: String(words[2])))
            }
        }
    }
}
