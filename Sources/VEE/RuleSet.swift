/// The rules with their parameters, as one version. Every result names the version that decided it.
public struct RuleSet: Sendable, Equatable {
    public var version: String
    public var alignment: AlignmentRule
    public var gap: GapRule
    public var spike: SpikeRule
    public var negative: NegativeRule
    public var linear: LinearEstimation

    public init(
        version: String,
        alignment: AlignmentRule = AlignmentRule(),
        gap: GapRule = GapRule(),
        spike: SpikeRule = SpikeRule(),
        negative: NegativeRule = NegativeRule(),
        linear: LinearEstimation = LinearEstimation()
    ) {
        self.version = version
        self.alignment = alignment
        self.gap = gap
        self.spike = spike
        self.negative = negative
        self.linear = linear
    }

    /// The rules a new installation starts with.
    public static let default1 = RuleSet(version: "default-1")
}
