import Glibc

/// CPU time and memory of a process, from `/proc` (proc(5)); works for other processes too.
package enum ProcessUsage {
    /// User and system time of a process with all its threads, in seconds; nil when there is no such process.
    package static func cpuSeconds(of process: Int32) -> Double? {
        guard let stat = text(ofFile: "/proc/\(process)/stat") else { return nil }
        // The name in parentheses may hold anything; what follows it are fields 3 and up.
        guard let close = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return nil }
        return (user + system) / Double(max(1, sysconf(Int32(_SC_CLK_TCK))))
    }

    /// CPU time of this process, in seconds.
    package static func ownCPUSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Largest resident memory of this process since `resetPeakMemory`, in bytes; nil when the kernel does not tell.
    package static func peakMemoryBytes(of process: Int32 = getpid()) -> Int64? {
        guard let status = text(ofFile: "/proc/\(process)/status") else { return nil }
        for line in status.split(separator: "\n") where line.hasPrefix("VmHWM:") {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            guard words.count >= 2, let kibibytes = Int64(words[1]) else { return nil }
            return kibibytes << 10
        }
        return nil
    }

    /// Starts a new peak, so that what was done before is not counted.
    package static func resetPeakMemory() {
        let file = open("/proc/self/clear_refs", O_WRONLY)
        guard file >= 0 else { return }
        defer { close(file) }
        var reset = UInt8(ascii: "5")
        _ = write(file, &reset, 1)
    }

    package static func monotonicSeconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// A whole small file, nil when it can't be read.
    static func text(ofFile path: String) -> String? {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let count = read(file, &piece, piece.count)
            guard count > 0 else { break }
            bytes.append(contentsOf: piece[..<count])
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
