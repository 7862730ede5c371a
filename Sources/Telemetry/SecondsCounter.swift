import Synchronization

/// What adds up in fractions: time spent waiting or working, in seconds.
public final class SecondsCounter: Sendable {
    private let bits = Atomic<UInt64>(0)

    public init() {}

    public var seconds: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }

    /// Adds an amount that is not negative; what is negative or not a number is ignored.
    public func add(seconds amount: Double) {
        guard amount > 0 else { return }
        var old = bits.load(ordering: .relaxed)
        while true {
            let new = (Double(bitPattern: old) + amount).bitPattern
            let outcome = bits.compareExchange(expected: old, desired: new, ordering: .relaxed)
            guard !outcome.exchanged else { return }
            old = outcome.original
        }
    }

    public func add(nanoseconds amount: Int64) {
        add(seconds: Double(amount) / 1e9)
    }
}
