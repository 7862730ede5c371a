public import StreamCore

/// What a stream thread is told besides the processor's configuration.
public struct StreamOptions: Sendable {
    /// The consumer group; stands in the label of snapshots, because their offsets belong to it.
    public var groupID: String
    /// The processor's output topics, in its order, with their partition counts.
    public var outputs: [Effects.Output]
    public var limits: StreamLimits

    public init(groupID: String, outputs: [Effects.Output], limits: StreamLimits = StreamLimits()) {
        self.groupID = groupID
        self.outputs = outputs
        self.limits = limits
    }
}
