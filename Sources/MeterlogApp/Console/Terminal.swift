import Glibc

/// Where people read: standard output for results, standard error for progress and complaints.
enum Terminal {
    static var isInteractive: Bool { isatty(STDERR_FILENO) == 1 }

    static func print(_ line: String) {
        write(STDOUT_FILENO, line + "\n")
    }

    static func complain(_ line: String) {
        write(STDERR_FILENO, line + "\n")
    }

    static func write(_ descriptor: Int32, _ text: String) {
        write(descriptor, bytes: Array(text.utf8))
    }

    static func write(bytes: [UInt8]) {
        write(STDOUT_FILENO, bytes: bytes)
    }

    private static func write(_ descriptor: Int32, bytes: [UInt8]) {
        var bytes = bytes[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            // A reader that went away (head, a closed pager) is no error of ours, and there is nobody to tell.
            guard written > 0 else { return }
            bytes = bytes.dropFirst(written)
        }
    }
}

/// Seconds that never go back, for rates and waiting times.
enum Stopwatch {
    static func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Wall clock, ms since 1970-01-01T00:00:00Z.
    static func wallMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
