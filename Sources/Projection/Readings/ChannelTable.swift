/// A channel of a meter by its names.
struct ChannelName: Hashable, Sendable {
    var meter: String
    var channel: String
}

/// The integer that stands for each channel in the tables. Keys are given in the order in which channels appear.
struct ChannelTable: Sendable {
    private var keys: [ChannelName: Int32] = [:]
    private var nextKey: Int32 = 1

    init() {}

    var count: Int { keys.count }

    func has(_ name: ChannelName) -> Bool { keys[name] != nil }

    /// Takes over a key from the database.
    mutating func restore(_ name: ChannelName, key: Int32) {
        keys[name] = key
        nextKey = max(nextKey, key + 1)
    }

    /// The channel's key, given now when it is new.
    mutating func key(of name: ChannelName) -> Int32 {
        if let key = keys[name] { return key }
        let key = nextKey
        keys[name] = key
        nextKey += 1
        return key
    }
}
