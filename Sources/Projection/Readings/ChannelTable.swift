/// A channel of a meter by its names.
package struct ChannelName: Hashable, Sendable {
    package var meter: String
    package var channel: String

    package init(meter: String, channel: String) {
        self.meter = meter
        self.channel = channel
    }
}

/// The integer that stands for each channel in the tables. Keys are given in the order in which channels appear.
package struct ChannelTable: Sendable {
    private var keys: [ChannelName: Int32] = [:]
    private var nextKey: Int32 = 1

    package init() {}

    package var count: Int { keys.count }

    func has(_ name: ChannelName) -> Bool { keys[name] != nil }

    /// Takes over a key from the database.
    package mutating func restore(_ name: ChannelName, key: Int32) {
        keys[name] = key
        nextKey = max(nextKey, key + 1)
    }

    /// The channel's key, given now when it is new.
    package mutating func key(of name: ChannelName) -> Int32 {
        if let key = keys[name] { return key }
        let key = nextKey
        keys[name] = key
        nextKey += 1
        return key
    }
}
