import Synchronization

/// A number that goes up and down (lag, age, size). Setting it is one atomic store.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    public init() {}

    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    public func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    public func set(_ value: Int64) {
        set(Double(value))
    }

    /// Adds to the value, or takes away from it; safe from several threads at once.
    public func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let outcome = bits.compareExchange(expected: old, desired: new, ordering: .relaxed)
            guard !outcome.exchanged else { return }
            old = outcome.original
        }
    }
}
