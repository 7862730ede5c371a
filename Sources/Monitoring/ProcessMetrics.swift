import Glibc
public import Telemetry

/// The process as the kernel sees it, under the names that Prometheus client libraries use.
public struct ProcessMetrics: Sendable {
    private let cpuSeconds: SecondsCounter
    private let residentBytes: Gauge
    private let threads: Gauge
    private let openFiles: Gauge

    /// Has the registry look at the process whenever a page is made. Once for a registry.
    public static func install(in registry: MetricsRegistry) {
        let metrics = ProcessMetrics(registry)
        registry.onRender { _ in metrics.refresh() }
    }

    private init(_ registry: MetricsRegistry) {
        cpuSeconds = registry.seconds(
            "process_cpu_seconds_total",
            help: "Processor time of the process, user and system."
        )
        residentBytes = registry.gauge("process_resident_memory_bytes", help: "Memory of the process that is in RAM.")
        threads = registry.gauge("process_threads", help: "Threads of the process.")
        openFiles = registry.gauge("process_open_fds", help: "Open file descriptors.")
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        registry.gauge("process_start_time_seconds", help: "When the process started, in seconds since 1970.")
            .set(Double(now.tv_sec) + Double(now.tv_nsec) / 1e9)
    }

    private func refresh() {
        var usage = rusage()
        if getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 {
            let seconds = Self.seconds(usage.ru_utime) + Self.seconds(usage.ru_stime)
            cpuSeconds.add(seconds: seconds - cpuSeconds.seconds)
        }
        let status = Self.statusFields()
        if let kilobytes = status["VmRSS"] { residentBytes.set(kilobytes * 1_024) }
        if let count = status["Threads"] { threads.set(count) }
        if let count = Self.descriptorCount() { openFiles.set(count) }
    }

    private static func seconds(_ time: timeval) -> Double { Double(time.tv_sec) + Double(time.tv_usec) / 1e6 }

    /// The numbers of /proc/self/status by name.
    private static func statusFields() -> [String: Int64] {
        let descriptor = open("/proc/self/status", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return [:] }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: 8_192)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return [:] }
        var fields: [String: Int64] = [:]
        for line in bytes[..<count].split(separator: UInt8(ascii: "\n")) {
            let parts = line.split(whereSeparator: { $0 == UInt8(ascii: ":") || $0 == 9 || $0 == 32 })
            guard parts.count >= 2, let number = Int64(String(decoding: parts[1], as: UTF8.self)) else { continue }
            fields[String(decoding: parts[0], as: UTF8.self)] = number
        }
        return fields
    }

    private static func descriptorCount() -> Int64? {
        guard let folder = opendir("/proc/self/fd") else { return nil }
        defer { closedir(folder) }
        var count: Int64 = 0
        while let entry = readdir(folder) {
            if entry.pointee.d_name.0 != CChar(UInt8(ascii: ".")) { count += 1 }
        }
        // The descriptor of the folder itself is one of them.
        return count - 1
    }
}
