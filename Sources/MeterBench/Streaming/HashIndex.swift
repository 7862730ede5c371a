import StreamCore

/// From a 128-bit hash to a slot number: open addressing with linear probing, at most three quarters full.
///
/// The hash is used as it is, because it is mixed already. Slots are given out in the order of first use, so an index is a function
/// of the keys' order alone.
struct HashIndex: Sendable {
    private struct Place {
        var key: Hash128
        /// -1: free.
        var slot: Int32
    }

    private var places: [Place]
    private(set) var count: Int32 = 0

    init(capacity: Int = 1_024) {
        var size = 16
        while size * 3 < capacity * 4 { size *= 2 }
        places = Array(repeating: Place(key: Hash128(high: 0, low: 0), slot: -1), count: size)
    }

    /// The slot of `key`, a new one when it is not known yet; `isNew` says which.
    @inline(__always)
    mutating func slot(of key: Hash128) -> (slot: Int, isNew: Bool) {
        let mask = places.count - 1
        var position = Int(truncatingIfNeeded: key.low) & mask
        while places[position].slot >= 0 {
            if places[position].key == key { return (Int(places[position].slot), false) }
            position = (position + 1) & mask
        }
        places[position] = Place(key: key, slot: count)
        count += 1
        let slot = Int(count - 1)
        if Int(count) * 4 > places.count * 3 { grow() }
        return (slot, true)
    }

    private mutating func grow() {
        let old = places
        places = Array(repeating: Place(key: Hash128(high: 0, low: 0), slot: -1), count: old.count * 2)
        let mask = places.count - 1
        for place in old where place.slot >= 0 {
            var position = Int(truncatingIfNeeded: place.key.low) & mask
            while places[position].slot >= 0 { position = (position + 1) & mask }
            places[position] = place
        }
    }
}
