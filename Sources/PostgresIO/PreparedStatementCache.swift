/// Which statements a connection has prepared, by text and parameter types, with a limit; the one unused longest goes.
struct PreparedStatementCache {
    struct Key: Hashable {
        let sql: String
        let typeIDs: [UInt32]
    }

    private struct Entry {
        let name: String
        var lastUse: UInt64
    }

    let limit: Int
    private var entries: [Key: Entry] = [:]
    private var uses: UInt64 = 0
    private var names: UInt64 = 0

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    var count: Int { entries.count }

    /// The name of a statement that is prepared, marked as used now.
    mutating func name(of key: Key) -> String? {
        guard let entry = entries[key] else { return nil }
        uses += 1
        entries[key] = Entry(name: entry.name, lastUse: uses)
        return entry.name
    }

    /// A name no statement of this connection ever had.
    mutating func newName() -> String {
        names += 1
        return "ml_\(names)"
    }

    mutating func insert(_ key: Key, name: String) {
        uses += 1
        entries[key] = Entry(name: name, lastUse: uses)
    }

    /// Takes the entry unused longest out when there is no room for another; its name is to be deallocated.
    mutating func makeRoom() -> String? {
        guard entries.count >= limit else { return nil }
        guard let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }) else { return nil }
        entries[oldest.key] = nil
        return oldest.value.name
    }

    /// Takes one out; its name is to be deallocated.
    mutating func remove(_ key: Key) -> String? {
        entries.removeValue(forKey: key)?.name
    }
}
