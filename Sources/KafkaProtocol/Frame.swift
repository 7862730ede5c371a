/// What stands before a request's body.
public struct RequestHeader: Equatable, Sendable {
    /// The API key as it came; it may be none of `APIKey`.
    public var apiNumber: Int16
    public var version: Int16
    public var correlationId: Int32
    public var clientId: String?

    public init(api: APIKey, version: Int16, correlationId: Int32, clientId: String?) {
        apiNumber = api.rawValue
        self.version = version
        self.correlationId = correlationId
        self.clientId = clientId
    }

    public var api: APIKey? { APIKey(rawValue: apiNumber) }

    /// Reads the header of a frame (without its length) and gives the body's bytes.
    ///
    /// For an unknown API or version, only what all headers have in common is read, and the body is meaningless.
    public static func decode(_ frame: ArraySlice<UInt8>) throws(WireError) -> (RequestHeader, ArraySlice<UInt8>) {
        var header = RequestHeader(api: .produce, version: 0, correlationId: 0, clientId: nil)
        var coder = FieldCoder(reading: frame, version: 1, isFlexible: false)
        try coder.field(&header.apiNumber)
        try coder.field(&header.version)
        try coder.field(&header.correlationId)
        guard let api = header.api, api.versions.contains(header.version) else { return (header, []) }
        try coder.field(&header.clientId)
        guard api.isFlexible(header.version) else { return (header, coder.remaining) }
        var tags = FieldCoder(reading: coder.remaining, version: 2, isFlexible: true)
        try tags.skipTags()
        return (header, tags.remaining)
    }
}

/// A frame to send: its length, header and body, with holes for bytes the sender holds elsewhere.
public struct EncodedFrame: Equatable, Sendable {
    /// Everything but the spliced bytes; the length in the first four bytes counts those too.
    public var bytes: [UInt8]
    /// Where in `bytes` the spliced parts go, ascending: one for each `RecordData(splicedByteCount:)`, in field order.
    public var splicePositions: [Int]

    /// A request's frame.
    public init<Request: KafkaRequest>(
        _ request: Request,
        version: Int16,
        correlationId: Int32,
        clientId: String?
    ) throws(WireError) {
        let api = Request.api
        guard api.versions.contains(version) else { throw .unsupportedVersion(api: api, version: version) }
        var header = FieldCoder(writing: 1, isFlexible: false)
        var length: Int32 = 0
        var number = api.rawValue
        var wireVersion = version
        var correlation = correlationId
        var client = clientId
        try header.field(&length)
        try header.field(&number)
        try header.field(&wireVersion)
        try header.field(&correlation)
        try header.field(&client)
        try self.init(header.output, hasTags: api.isFlexible(version), body: request, version: version)
    }

    /// A response's frame.
    public init<Response: KafkaResponse>(
        _ response: Response,
        version: Int16,
        correlationId: Int32
    ) throws(WireError) {
        let api = Response.api
        guard api.versions.contains(version) else { throw .unsupportedVersion(api: api, version: version) }
        var header = FieldCoder(writing: 0, isFlexible: false)
        var length: Int32 = 0
        var correlation = correlationId
        try header.field(&length)
        try header.field(&correlation)
        let hasTags = api.responseHeaderHasTags(version)
        try self.init(header.output, hasTags: hasTags, body: response, version: version)
    }

    private init(_ header: [UInt8], hasTags: Bool, body: some KafkaMessage, version: Int16) throws(WireError) {
        var coder = FieldCoder(writing: version, isFlexible: type(of: body).api.isFlexible(version))
        try body.write(to: &coder)
        bytes = header
        if hasTags { bytes.append(0) }
        let bodyStart = bytes.count
        bytes += coder.output
        splicePositions = coder.splicePositions.map { $0 + bodyStart }
        let length = bytes.count - 4 + coder.splicedByteCount
        guard length <= Int(Int32.max) else { throw .invalidLength(length) }
        for index in 0..<4 {
            bytes[index] = UInt8(truncatingIfNeeded: length >> (24 - 8 * index))
        }
    }
}

extension KafkaResponse {
    /// Reads a response frame (without its length), as a client does.
    public static func decode(
        frame: ArraySlice<UInt8>,
        version: Int16
    ) throws(WireError) -> (correlationId: Int32, response: Self) {
        var header = FieldCoder(reading: frame, version: 0, isFlexible: Self.api.responseHeaderHasTags(version))
        var correlation: Int32 = 0
        try header.field(&correlation)
        try header.skipTags()
        return (correlation, try Self(decoding: header.remaining, version: version))
    }
}

extension APIKey {
    /// The ApiVersions response has the oldest header whatever its version, so that any client can read it.
    func responseHeaderHasTags(_ version: Int16) -> Bool {
        self != .apiVersions && isFlexible(version)
    }
}
