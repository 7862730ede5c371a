/// The protocol's `records`: record batches, opaque to the message codec.
public struct RecordData: Equatable, Sendable {
    /// The batches; a slice of the received frame, so that reading a request copies nothing.
    public var bytes: ArraySlice<UInt8>
    /// When writing: so many bytes that the caller puts into the frame itself, at the next splice of the
    /// `EncodedFrame`. `bytes` is not used then.
    public var splicedByteCount: Int?

    public init(_ bytes: ArraySlice<UInt8> = []) {
        self.bytes = bytes
    }

    public init(splicedByteCount: Int) {
        bytes = []
        self.splicedByteCount = splicedByteCount
    }
}
