import Glibc

/// A detached thread of the operating system, outside of Swift's cooperative pool, because it blocks.
enum OSThread {
    private static let longestName = 15

    private final class Body: Sendable {
        let name: String
        let run: @Sendable () -> Void

        init(name: String, run: @escaping @Sendable () -> Void) {
            self.name = name
            self.run = run
        }
    }

    /// - Throws: `StreamFailure.start` when the system has no thread left.
    static func start(name: String, _ run: @escaping @Sendable () -> Void) throws(StreamFailure) {
        let body = Unmanaged.passRetained(Body(name: String(name.prefix(longestName)), run: run))
        var thread = pthread_t()
        let code = pthread_create(&thread, nil, { Self.main($0) }, body.toOpaque())
        guard code == 0 else {
            body.release()
            throw .start("no thread for \(name): error \(code)")
        }
        pthread_detach(thread)
    }

    private static func main(_ argument: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
        guard let argument else { return nil }
        let body = Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
        setName(body.name)
        body.run()
        return nil
    }

    /// Names the calling thread for `top -H` and core dumps. Glibc's function for it is not visible to Swift, the kernel's file is;
    /// where it can't be written the thread just has no name.
    private static func setName(_ name: String) {
        let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        _ = name.withCString { write(file, $0, strlen($0)) }
        close(file)
    }
}
