/// Something with a field list: `walk` names the fields in wire order, for reading and writing alike.
public protocol WireStructure: WireDefault {
    /// Reads the fields from `coder` or writes them to it, as it is set up.
    mutating func walk(_ coder: inout FieldCoder) throws(WireError)
}

/// A request or response body.
public protocol KafkaMessage: WireStructure, Sendable {
    static var api: APIKey { get }
}

/// A request body.
public protocol KafkaRequest: KafkaMessage {
    associatedtype Response: KafkaResponse
}

/// A response body.
public protocol KafkaResponse: KafkaMessage {}

/// The key or value of a record in an internal topic, or the payload of a group protocol: a version, then the fields.
public protocol KafkaStoredRecord: WireStructure, Sendable {
    static var versions: ClosedRange<Int16> { get }
    static var firstFlexibleVersion: Int16? { get }
}

extension KafkaMessage {
    /// Reads the body, which must end where the bytes end.
    ///
    /// - Throws: `WireError` for bytes that are not such a body.
    public init(decoding bytes: ArraySlice<UInt8>, version: Int16) throws(WireError) {
        var coder = try Self.reader(of: bytes, version)
        self.init()
        try walk(&coder)
        try coder.finishReading()
    }

    fileprivate static func reader(
        of bytes: ArraySlice<UInt8>,
        _ version: Int16,
        elementLimit: Int = .max
    ) throws(WireError) -> FieldCoder {
        guard api.versions.contains(version) else { throw .unsupportedVersion(api: api, version: version) }
        let isFlexible = api.isFlexible(version)
        return FieldCoder(reading: bytes, version: version, isFlexible: isFlexible, elementLimit: elementLimit)
    }

    /// Writes the body.
    ///
    /// - Throws: `unsupportedVersion`.
    public func write(to coder: inout FieldCoder) throws(WireError) {
        var copy = self
        try copy.walk(&coder)
    }
}

/// Elements of all arrays of one request: many times what a broker of a few thousand partitions can be asked for.
private let requestElementLimit = 200_000

extension KafkaRequest {
    /// Reads a client's request. Bytes after the last field are ignored, as Kafka ignores them: librdkafka 2.0 closes the
    /// body of ListGroups 3 and 4 with two empty lists of tagged fields.
    ///
    /// - Throws: `WireError` for bytes that do not begin with such a body.
    public init(received bytes: ArraySlice<UInt8>, version: Int16) throws(WireError) {
        var coder = try Self.reader(of: bytes, version, elementLimit: requestElementLimit)
        self.init()
        try walk(&coder)
    }
}

extension KafkaStoredRecord {
    /// Reads version and fields. Bytes after the last field are ignored: versions of one record may differ in them.
    ///
    /// - Throws: `WireError` for bytes that are not such a record.
    public init(decoding bytes: ArraySlice<UInt8>) throws(WireError) {
        self.init()
        var header = FieldCoder(reading: bytes, version: 0, isFlexible: false)
        var version: Int16 = 0
        try header.field(&version)
        guard Self.versions.contains(version) else { throw .unsupportedRecordVersion(version) }
        let isFlexible = Self.firstFlexibleVersion.map { version >= $0 } ?? false
        var coder = FieldCoder(reading: bytes.dropFirst(2), version: version, isFlexible: isFlexible)
        try walk(&coder)
    }

    /// The version and the fields.
    ///
    /// - Throws: `unsupportedRecordVersion`.
    public func encoded(version: Int16) throws(WireError) -> [UInt8] {
        guard Self.versions.contains(version) else { throw .unsupportedRecordVersion(version) }
        let isFlexible = Self.firstFlexibleVersion.map { version >= $0 } ?? false
        var coder = FieldCoder(writing: version, isFlexible: isFlexible)
        var number = version
        try coder.field(&number)
        var copy = self
        try copy.walk(&coder)
        return coder.output
    }
}

extension APIKey {
    /// Whether the version has compact lengths and tagged fields.
    public func isFlexible(_ version: Int16) -> Bool {
        guard let first = firstFlexibleVersion else { return false }
        return version >= first
    }
}
