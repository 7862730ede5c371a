import Glibc

/// A lock with one condition on the monotonic clock, for own threads that must sleep until there is something to do.
final class Monitor: @unchecked Sendable {
    // Sendable because a pthread mutex and condition are made for use from any thread; the pointers never change.
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init() {
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    func withLock<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }

    /// Gives the lock up until woken, or until the moment of `MonotonicClock`; only inside `withLock`. May return early.
    func wait(untilMilliseconds deadline: Int?) {
        guard let deadline else {
            pthread_cond_wait(condition, mutex)
            return
        }
        var moment = timespec(tv_sec: deadline / 1000, tv_nsec: deadline % 1000 * 1_000_000)
        pthread_cond_timedwait(condition, mutex, &moment)
    }

    func wakeAll() {
        pthread_cond_broadcast(condition)
    }
}

/// Starts threads of our own for calls that block.
enum OwnThread {
    private final class Body {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }

    /// Starts a detached thread; false where the system has no more.
    static func start(_ run: @escaping @Sendable () -> Void) -> Bool {
        let context = Unmanaged.passRetained(Body(run))
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            context.toOpaque()
        )
        guard status == 0 else {
            context.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
