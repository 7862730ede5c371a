/// All rules and estimation methods with their parameters. What each means stands in its file.
public struct RuleParameters: Sendable, Equatable {
    // Payloads and meters.
    public var clock = ClockRule()
    public var identification = IdentificationRule()
    public var intervalSize = IntervalSizeRule()
    public var unit = UnitRule()
    public var frameCounter = FrameCounterRule()

    // Single intervals.
    public var overflow = OverflowRule()
    public var testMode = TestModeRule()
    public var intervalStatus = IntervalStatusRule()
    public var diagnostics = DiagnosticsRule()
    public var demandLimit = DemandLimitRule()
    public var negative = NegativeRule()
    public var voltage = VoltageRule()
    public var current = CurrentRule()

    // The intervals of a day.
    public var staleSnapshot = StaleSnapshotRule()
    public var alignment = AlignmentRule()
    public var gap = GapRule()
    public var spike = SpikeRule()
    public var step = StepRule()
    public var identical = IdenticalRule()
    public var powerFail = PowerFailRule()

    // Days.
    public var inactiveMeter = InactiveMeterRule()
    public var peak = PeakRule()
    public var usage = UsageRule()
    public var demand = DemandRule()
    public var sumCheck = SumCheckRule()
    public var reactive = ReactiveRule()
    public var zero = ZeroRule()
    public var sibling = SiblingRule()
    public var reverseEnergy = ReverseEnergyRule()
    public var checkMeter = CheckMeterRule()
    public var dynamics = DynamicsRule()
    public var prolongedEstimation = ProlongedEstimationRule()

    // Registers.
    public var dials = DialsRule()
    public var registerIncrease = RegisterIncreaseRule()
    public var registerLimits = RegisterLimitsRule()
    public var registerDifference = RegisterDifferenceRule()
    public var firstRegister = FirstRegisterRule()

    public var estimation = EstimationParameters()

    public init() {}
}
