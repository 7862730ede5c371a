/// A small seeded generator (SplitMix64), so that a seed gives the same meters, faults and deliveries on every machine.
struct SplitMix64: Sendable {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// A generator of its own for part `index` of a run, so that parts can be made in any order.
    init(seed: UInt64, part: UInt64, index: UInt64) {
        var mixer = SplitMix64(seed: seed ^ part &* 0x9e37_79b9_7f4a_7c15)
        mixer.state ^= index &* 0xbf58_476d_1ce4_e5b9
        state = mixer.next()
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
        return value ^ value >> 31
    }

    /// A whole number below `bound`, which is positive.
    mutating func below(_ bound: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(bound)).high)
    }

    /// True once in `count` times.
    mutating func oneIn(_ count: Int) -> Bool {
        below(count) == 0
    }
}
