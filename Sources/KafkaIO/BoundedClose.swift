internal import CRDKafka
internal import Glibc
internal import Synchronization

/// Closes a group member, but waits for it only so long.
///
/// librdkafka 2.0 now and then never returns from `rd_kafka_consumer_close`: the answer to a rebalance that arrives at that moment waits for
/// a queue that is served no more. What the member did is committed by then, and the group drops it after its session timeout, so a
/// process that wants to end leaves such a client behind rather than waiting for ever.
final class BoundedClose: Sendable {
    private let handle: ClientHandle
    private let isOver = Atomic<Bool>(false)

    private init(_ handle: ClientHandle) {
        self.handle = handle
    }

    /// - Returns: whether the consumer is closed. If not, its thread keeps the handle alive to the end of the process.
    static func run(_ handle: ClientHandle, timeoutMilliseconds: Int32) -> Bool {
        let close = BoundedClose(handle)
        let argument = Unmanaged.passRetained(close).toOpaque()
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                guard let argument else { return nil }
                let close = Unmanaged<BoundedClose>.fromOpaque(argument).takeRetainedValue()
                rd_kafka_consumer_close(close.handle.pointer)
                close.isOver.store(true, ordering: .releasing)
                return nil
            },
            argument
        )
        guard code == 0 else {
            Unmanaged<BoundedClose>.fromOpaque(argument).release()
            rd_kafka_consumer_close(handle.pointer)
            return true
        }
        let deadline = Deadline(milliseconds: timeoutMilliseconds)
        while !close.isOver.load(ordering: .acquiring), !deadline.isOver { usleep(1000) }
        guard close.isOver.load(ordering: .acquiring) else {
            pthread_detach(thread)
            return false
        }
        pthread_join(thread, nil)
        return true
    }
}
