import Glibc

/// Time, CPU and memory while records pass, and a line on standard error that says how far they are.
struct PassageMeter {
    private let broker: BenchedBroker
    private let title: String
    private let total: Int
    private let isQuiet: Bool
    private let began = ProcessUsage.monotonicSeconds()
    private let cpuBefore: Double
    private var memory: [Double] = []
    private var lastSaid: Double

    init(_ broker: BenchedBroker, title: String, total: Int, isQuiet: Bool) {
        self.broker = broker
        self.title = title
        self.total = total
        self.isQuiet = isQuiet
        cpuBefore = broker.cpuSeconds
        lastSaid = began
    }

    /// So many have passed.
    mutating func note(_ done: Int) {
        let marks = [total / 20, total / 2]
        if memory.count < marks.count, done >= marks[memory.count] { memory.append(broker.residentMegabytes) }
        let now = ProcessUsage.monotonicSeconds()
        let isTerminal = isatty(STDERR_FILENO) == 1
        guard !isQuiet, now - lastSaid >= (isTerminal ? 0.2 : 10) else { return }
        lastSaid = now
        say(done, now, ending: isTerminal ? "\r" : "\n")
    }

    /// All have passed.
    mutating func finish(_ records: Int) -> BrokerThroughput.Passage {
        let now = ProcessUsage.monotonicSeconds()
        memory.append(broker.residentMegabytes)
        if !isQuiet { say(records, now, ending: "\n") }
        return BrokerThroughput.Passage(
            records: records,
            seconds: now - began,
            cpuSeconds: broker.cpuSeconds - cpuBefore,
            memory: memory
        )
    }

    private func say(_ done: Int, _ now: Double, ending: String) {
        let percent = total > 0 ? min(100, done * 100 / total) : 100
        let bar = String(repeating: "#", count: percent / 4) + String(repeating: ".", count: 25 - percent / 4)
        let rate = Int(Double(done) / max(now - began, 0.001))
        let line = "\(title) [\(bar)] \(percent)%  \(done) records  \(rate)/s  \(Int(now - began)) s\(ending)"
        _ = Array(line.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}
