/// The names already seen in one JSON object, to refuse a name that comes twice.
struct MemberSet {
    private var hashes: [UInt64] = []

    /// Members of one object that are looked at; an object of a documented format has far fewer.
    static let limit = 64

    mutating func removeAll() {
        hashes.removeAll(keepingCapacity: true)
    }

    mutating func insert(_ key: JSONReader.Key, at byteOffset: Int) throws(DecodeError) {
        guard hashes.count < Self.limit else {
            throw DecodeError(.limitExceeded, "an object with more than \(Self.limit) members", byteOffset: byteOffset)
        }
        for hash in hashes where hash == key.hash {
            throw DecodeError(.duplicateField, "a member comes twice in one object", byteOffset: byteOffset)
        }
        hashes.append(key.hash)
    }
}
