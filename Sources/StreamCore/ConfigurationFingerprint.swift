/// Tells configurations apart whose states differ: what a processor's state depends on, in a fixed order, as one number that stands
/// in the labels of snapshots.
public struct ConfigurationFingerprint: Sendable {
    private var writer = StateWriter()

    public init() {}

    public mutating func add<T: FixedWidthInteger>(_ value: T) {
        writer.append(Int64(truncatingIfNeeded: value))
    }

    public mutating func add(_ text: String) {
        writer.append(text)
    }

    public var value: UInt64 { Hash128(hashing: writer.bytes.span).high }
}
