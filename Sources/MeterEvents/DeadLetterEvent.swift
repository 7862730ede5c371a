/// What could not be used of a payload, why, and where its bytes are.
public struct DeadLetterEvent: Sendable, Equatable {
    /// One refused line of a payload whose other lines were used.
    public struct LineReject: Sendable, Equatable {
        /// From 1.
        public var line: UInt32
        public var byteOffset: Int64
        public var code: String
        public var reason: String

        public init(line: UInt32, byteOffset: Int64, code: String, reason: String) {
            self.line = line
            self.byteOffset = byteOffset
            self.code = code
            self.reason = reason
        }
    }

    public var raw: RawReference
    public var idempotencyKey: String
    public var source: String
    /// Media type as received.
    public var format: String
    public var code: String
    public var reason: String
    /// `normalizer` or `alarms`.
    public var stage: String
    /// True when only `lines` were refused and the rest was used.
    public var isPartial: Bool
    public var rejectedLineCount: UInt32
    /// The first hundred refused lines.
    public var lines: [LineReject]
    public var payloadBytes: Int64

    public init(
        raw: RawReference,
        idempotencyKey: String,
        source: String,
        format: String,
        code: String,
        reason: String,
        stage: String,
        isPartial: Bool = false,
        rejectedLineCount: UInt32 = 0,
        lines: [LineReject] = [],
        payloadBytes: Int64
    ) {
        self.raw = raw
        self.idempotencyKey = idempotencyKey
        self.source = source
        self.format = format
        self.code = code
        self.reason = reason
        self.stage = stage
        self.isPartial = isPartial
        self.rejectedLineCount = rejectedLineCount
        self.lines = lines
        self.payloadBytes = payloadBytes
    }
}

extension DeadLetterEvent {
    /// The event in `bytes[range]`.
    public init(_ bytes: [UInt8], _ range: Range<Int>) throws(EventError) {
        let message = try ProtobufBytes.decode(Meterlog_V1_DeadLetter.self, bytes, range)
        try EventSchema.check(message.schemaVersion)
        self.init(
            raw: try RawReference(message.raw),
            idempotencyKey: message.idempotencyKey,
            source: message.source,
            format: message.format,
            code: message.code,
            reason: message.reason,
            stage: message.stage,
            isPartial: message.partial,
            rejectedLineCount: message.rejectedLines,
            lines: message.lines.map {
                LineReject(line: $0.line, byteOffset: $0.byteOffset, code: $0.code, reason: $0.reason)
            },
            payloadBytes: message.payloadBytes
        )
    }

    /// Appends the stored form.
    public func append(to bytes: inout [UInt8]) {
        var message = Meterlog_V1_DeadLetter()
        message.schemaVersion = EventSchema.version
        message.raw = raw.message
        message.idempotencyKey = idempotencyKey
        message.source = source
        message.format = format
        message.code = code
        message.reason = reason
        message.stage = stage
        message.partial = isPartial
        message.rejectedLines = rejectedLineCount
        message.lines = lines.map { line in
            var item = Meterlog_V1_LineReject()
            item.line = line.line
            item.byteOffset = line.byteOffset
            item.code = line.code
            item.reason = line.reason
            return item
        }
        message.payloadBytes = payloadBytes
        ProtobufBytes.append(message, to: &bytes)
    }
}
