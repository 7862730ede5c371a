/// The rules, a line each. What a rule is stands in its file, its parameters of one rule set in `RuleParameters`.
package enum RuleCatalog {
    package typealias JudgeIntervals = @Sendable (RuleParameters, DayView, inout [RuleFinding]) -> Void

    /// By number, which is the order of the text and of judging.
    static let rules: [RuleEntry] = [
        RuleEntry(
            ClockRule.self,
            { $1(&$0.clock) },
            payload: { $0.clock.judge($1, &$2) },
            single: { $0.clock.judge($1, &$2) }
        ),
        RuleEntry(IdentificationRule.self, { $1(&$0.identification) }, payload: { $0.identification.judge($1, &$2) }),
        RuleEntry(InactiveMeterRule.self, { $1(&$0.inactiveMeter) }, window: { $0.inactiveMeter.judge($1, &$2) }),
        RuleEntry(StaleSnapshotRule.self, { $1(&$0.staleSnapshot) }, day: { $0.staleSnapshot.judge($1, &$2) }),
        RuleEntry(IntervalSizeRule.self, { $1(&$0.intervalSize) }, payload: { $0.intervalSize.judge($1, &$2) }),
        RuleEntry(AlignmentRule.self, { $1(&$0.alignment) }, part: { $0.alignment.judge($1, &$2) }),
        RuleEntry(GapRule.self, { $1(&$0.gap) }),
        RuleEntry(OverflowRule.self, { $1(&$0.overflow) }, single: { $0.overflow.judge($1, &$2) }),
        RuleEntry(TestModeRule.self, { $1(&$0.testMode) }, single: { $0.testMode.judge($1, &$2) }),
        RuleEntry(IntervalStatusRule.self, { $1(&$0.intervalStatus) }, single: { $0.intervalStatus.judge($1, &$2) }),
        RuleEntry(DiagnosticsRule.self, { $1(&$0.diagnostics) }, single: { $0.diagnostics.judge($1, &$2) }),
        RuleEntry(UnitRule.self, { $1(&$0.unit) }, payload: { $0.unit.judge($1, &$2) }),
        RuleEntry(DialsRule.self, { $1(&$0.dials) }, register: { $0.dials.judge($1, &$3) }),
        RuleEntry(
            RegisterIncreaseRule.self,
            { $1(&$0.registerIncrease) },
            register: { $0.registerIncrease.judge($1, $2, &$3) }
        ),
        RuleEntry(
            RegisterLimitsRule.self,
            { $1(&$0.registerLimits) },
            register: { $0.registerLimits.judge($1, $2, &$3) }
        ),
        RuleEntry(
            RegisterDifferenceRule.self,
            { $1(&$0.registerDifference) },
            register: { $0.registerDifference.judge($1, $2, &$3) }
        ),
        RuleEntry(SpikeRule.self, { $1(&$0.spike) }, day: { $0.spike.judge($1, &$2) }),
        RuleEntry(DemandLimitRule.self, { $1(&$0.demandLimit) }, single: { $0.demandLimit.judge($1, &$2) }),
        RuleEntry(StepRule.self, { $1(&$0.step) }, day: { $0.step.judge($1, &$2) }),
        RuleEntry(PeakRule.self, { $1(&$0.peak) }, window: { $0.peak.judge($1, &$2) }),
        RuleEntry(UsageRule.self, { $1(&$0.usage) }, window: { $0.usage.judge($1, &$2) }),
        RuleEntry(DemandRule.self, { $1(&$0.demand) }, window: { $0.demand.judge($1, &$2) }),
        RuleEntry(SumCheckRule.self, { $1(&$0.sumCheck) }, window: { $0.sumCheck.judge($1, &$2) }),
        RuleEntry(ReactiveRule.self, { $1(&$0.reactive) }, window: { $0.reactive.judge($1, &$2) }),
        RuleEntry(CorrectionRule.self),
        RuleEntry(ZeroRule.self, { $1(&$0.zero) }, window: { $0.zero.judge($1, &$2) }),
        RuleEntry(IdenticalRule.self, { $1(&$0.identical) }, day: { $0.identical.judge($1, &$2) }),
        RuleEntry(NegativeRule.self, { $1(&$0.negative) }, single: { $0.negative.judge($1, &$2) }),
        RuleEntry(SiblingRule.self, { $1(&$0.sibling) }, window: { $0.sibling.judge($1, &$2) }),
        RuleEntry(ReverseEnergyRule.self, { $1(&$0.reverseEnergy) }, window: { $0.reverseEnergy.judge($1, &$2) }),
        RuleEntry(PowerFailRule.self, { $1(&$0.powerFail) }, day: { $0.powerFail.judge($1, &$2) }),
        RuleEntry(CheckMeterRule.self, { $1(&$0.checkMeter) }, window: { $0.checkMeter.judge($1, &$2) }),
        RuleEntry(DynamicsRule.self, { $1(&$0.dynamics) }, window: { $0.dynamics.judge($1, &$2) }),
        RuleEntry(
            ProlongedEstimationRule.self,
            { $1(&$0.prolongedEstimation) },
            window: { $0.prolongedEstimation.judge($1, &$2) }
        ),
        RuleEntry(FirstRegisterRule.self, { $1(&$0.firstRegister) }, register: { $0.firstRegister.judge($1, &$3) }),
        RuleEntry(FrameCounterRule.self, { $1(&$0.frameCounter) }, payload: { $0.frameCounter.judge($1, &$2) }),
        RuleEntry(VoltageRule.self, { $1(&$0.voltage) }, single: { $0.voltage.judge($1, &$2) }),
        RuleEntry(CurrentRule.self, { $1(&$0.current) }, single: { $0.current.judge($1, &$2) }),
        RuleEntry(StormRule.self),
    ]

    /// All parameters, in the order of the text: the rules by number, then the estimation.
    static let parameters: [RuleParameter<RuleParameters>] =
        rules.flatMap(\.parameters)
        + EstimationParameters.parameters.map { $0.moved(to: ["estimation"]) { $1(&$0.estimation) } }

    private static let byNumber = Dictionary(rules.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })

    /// The rule of a number; nil where there is none.
    static func rule(_ number: UInt32) -> RuleEntry? { byNumber[number] }

    // The judges, apart by what they are asked about and in the order of rule numbers: resolved once, not for every day.
    static let payloadJudges = rules.compactMap(\.payload)
    static let singleJudges = rules.compactMap(\.single)
    static let partJudges = rules.compactMap(\.part)
    static let dayJudges = rules.compactMap(\.day)
    static let registerJudges = rules.compactMap(\.register)
    static let windowJudges = rules.compactMap(\.window)

    /// The rules on intervals, each by itself, in the order in which they are judged. For measurements of what each costs.
    package static let intervalRules: [(number: UInt32, judge: JudgeIntervals)] =
        [\RuleEntry.single, \.part, \.day].flatMap { kind in
            rules.compactMap { rule in rule[keyPath: kind].map { (rule.number, $0) } }
        }
}
