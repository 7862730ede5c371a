/// The protocol's `uuid`: 16 bytes, high half first.
public struct KafkaUUID: Hashable, Sendable {
    public var high: UInt64
    public var low: UInt64

    /// The zero UUID, which stands for «none».
    public init() {
        high = 0
        low = 0
    }

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    public var isZero: Bool { high == 0 && low == 0 }
}
