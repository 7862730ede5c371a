/// Names of the headers that the gateway puts on every raw event: the envelope of the payload's bytes.
public enum EnvelopeHeader {
    /// Idempotency key.
    public static let id = "ml-id"
    /// Head-end or gateway that sent it.
    public static let source = "ml-source"
    /// Media type with all the parameters that decoding needs.
    public static let format = "ml-format"
    /// `interval` or `alarm`.
    public static let lane = "ml-lane"
    /// Certificate subject or address of the sender.
    public static let peer = "ml-peer"
    /// SHA-256 of the stored bytes, lower-case hex.
    public static let sha256 = "ml-sha256"
    /// SHA-256, lower-case hex, of what the payload says whatever its spelling: its media type in canonical form, a zero byte, and the
    /// bytes after transport unwrapping. Two payloads are the same payload only where this is the same.
    public static let content = "ml-content"
    /// `gzip` or `lz4` when the stored bytes are compressed.
    public static let contentEncoding = "content-encoding"
}

/// The media type of the records that move stream time forward on quiet partitions. They have no body.
public enum TickPayload {
    public static let mediaType = "application/vnd.meterlog.tick"
}
