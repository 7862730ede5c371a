import Glibc

/// Waits until a socket is ready.
enum SocketWait {
    /// True when the socket is ready (or broken, which the next read tells), false when the time is over.
    static func wait(_ socket: Int32, for events: Int16, milliseconds: Int) -> Bool {
        let deadline = MonotonicClock.milliseconds() + milliseconds
        var left = milliseconds
        while true {
            var entry = pollfd(fd: socket, events: events, revents: 0)
            let ready = poll(&entry, 1, Int32(clamping: left))
            if ready > 0 { return true }
            if ready == 0 { return false }
            guard errno == EINTR else { return true }
            left = max(0, deadline - MonotonicClock.milliseconds())
        }
    }
}

/// Time for deadlines only: milliseconds since an arbitrary start, never set back.
enum MonotonicClock {
    static func milliseconds() -> Int {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return now.tv_sec * 1000 + now.tv_nsec / 1_000_000
    }
}
