/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014): the same seed gives the same input.
package struct BenchRandom: Sendable {
    private var state: UInt64

    package init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var word = state
        word = (word ^ (word >> 30)) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ (word >> 27)) &* 0x94d0_49bb_1331_11eb
        return word ^ (word >> 31)
    }

    /// 0 ..< limit
    mutating func below(_ limit: Int) -> Int { Int(next() >> 1) % limit }

    mutating func chance(perMille: Int) -> Bool { below(1_000) < perMille }
}
