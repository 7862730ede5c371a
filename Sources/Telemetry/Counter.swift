import Synchronization

/// A number that only grows (records, bytes, commits). One atomic add a bump; a loop adds once a batch.
public final class Counter: Sendable {
    private let storage = Atomic<Int64>(0)

    public init() {}

    public var value: Int64 { storage.load(ordering: .relaxed) }

    /// Adds `amount`, which is not negative; it wraps at 2^63.
    public func add(_ amount: Int64 = 1) {
        precondition(amount >= 0, "a counter never goes down")
        storage.wrappingAdd(amount, ordering: .relaxed)
    }
}
