import Glibc
import Synchronization

/// A bar on standard error while something long runs; on anything but a terminal a line every ten seconds instead.
final class ProgressBar: Sendable {
    private struct State {
        var done = 0
        var total: Int
        var lastDrawn = 0.0
    }

    private let title: String
    private let unit: String
    private let started = Stopwatch.seconds()
    private let isQuiet: Bool
    private let state: Mutex<State>

    init(title: String, unit: String, total: Int, isQuiet: Bool = false) {
        self.title = title
        self.unit = unit
        self.isQuiet = isQuiet
        self.state = Mutex(State(total: total))
    }

    func advance(by amount: Int = 1) {
        update { $0.done += amount }
    }

    func set(done: Int, total: Int) {
        update {
            $0.done = done
            $0.total = total
        }
    }

    func finish() {
        guard !isQuiet else { return }
        let line = state.withLock { text($0) }
        Terminal.write(STDERR_FILENO, Terminal.isInteractive ? "\r\u{1b}[K\(line)\n" : "\(line)\n")
    }

    private func update(_ change: (inout State) -> Void) {
        let line: String? = state.withLock { state in
            change(&state)
            let now = Stopwatch.seconds()
            guard !isQuiet, now - state.lastDrawn >= (Terminal.isInteractive ? 0.1 : 10) else { return nil }
            state.lastDrawn = now
            return text(state)
        }
        guard let line else { return }
        Terminal.write(STDERR_FILENO, Terminal.isInteractive ? "\r\u{1b}[K\(line)" : "\(line)\n")
    }

    private func text(_ state: State) -> String {
        let seconds = max(Stopwatch.seconds() - started, 0.001)
        let percent = state.total > 0 ? min(100, state.done * 100 / state.total) : 100
        let filled = percent * 24 / 100
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 24 - filled)
        let rate = Int(Double(state.done) / seconds)
        return "\(title) [\(bar)] \(percent)%  \(state.done)/\(state.total) \(unit)  \(rate)/s  \(Int(seconds)) s"
    }
}
