/// One dimension of a metric: `partition="3"`. The value may be any text; the renderer escapes it.
public struct MetricLabel: Hashable, Sendable, Comparable {
    /// `[a-zA-Z_][a-zA-Z0-9_]*`, not beginning with `__`.
    public var name: String
    public var value: String

    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    public static func < (left: MetricLabel, right: MetricLabel) -> Bool {
        left.name == right.name ? left.value < right.value : left.name < right.name
    }
}
