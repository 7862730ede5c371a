extension RuleParameters {
    /// The rules on intervals, by number, in the order in which they are judged; 0 stands for the statistics that all of them use.
    package static let intervalRules: [UInt32] = [
        0, ClockRule.number, OverflowRule.number, TestModeRule.number, IntervalStatusRule.number,
        DiagnosticsRule.number, DemandLimitRule.number, NegativeRule.number, VoltageRule.number, CurrentRule.number,
        AlignmentRule.number, StaleSnapshotRule.number, SpikeRule.number, StepRule.number, IdenticalRule.number,
        PowerFailRule.number,
    ]

    /// Puts a day to a single rule on intervals. For measurements of what each rule costs: nothing else judges so.
    package func judgeIntervals(_ day: DayView, only rule: UInt32, _ findings: inout [RuleFinding]) {
        switch rule {
        case ClockRule.number: clock.judge(day, &findings)
        case OverflowRule.number: overflow.judge(day, &findings)
        case TestModeRule.number: testMode.judge(day, &findings)
        case IntervalStatusRule.number: intervalStatus.judge(day, &findings)
        case DiagnosticsRule.number: diagnostics.judge(day, &findings)
        case DemandLimitRule.number: demandLimit.judge(day, &findings)
        case NegativeRule.number: negative.judge(day, &findings)
        case VoltageRule.number: voltage.judge(day, &findings)
        case CurrentRule.number: current.judge(day, &findings)
        case AlignmentRule.number: alignment.judge(day, &findings)
        case StaleSnapshotRule.number: staleSnapshot.judge(day, &findings)
        case SpikeRule.number: spike.judge(day, &findings)
        case StepRule.number: step.judge(day, &findings)
        case IdenticalRule.number: identical.judge(day, &findings)
        case PowerFailRule.number: powerFail.judge(day, &findings)
        default: break
        }
    }

    /// The rules on windows, by number, in the order in which they are judged.
    package static let windowRules: [UInt32] = [
        InactiveMeterRule.number, PeakRule.number, UsageRule.number, DemandRule.number, SumCheckRule.number,
        ReactiveRule.number, ZeroRule.number, SiblingRule.number, ReverseEnergyRule.number, CheckMeterRule.number,
        DynamicsRule.number, ProlongedEstimationRule.number,
    ]

    /// Puts a day to a single rule on windows. For measurements of what each rule costs: nothing else judges so.
    package func judgeWindow(_ window: WindowView, only rule: UInt32, _ findings: inout [WindowFinding]) {
        switch rule {
        case InactiveMeterRule.number: inactiveMeter.judge(window, &findings)
        case PeakRule.number: peak.judge(window, &findings)
        case UsageRule.number: usage.judge(window, &findings)
        case DemandRule.number: demand.judge(window, &findings)
        case SumCheckRule.number: sumCheck.judge(window, &findings)
        case ReactiveRule.number: reactive.judge(window, &findings)
        case ZeroRule.number: zero.judge(window, &findings)
        case SiblingRule.number: sibling.judge(window, &findings)
        case ReverseEnergyRule.number: reverseEnergy.judge(window, &findings)
        case CheckMeterRule.number: checkMeter.judge(window, &findings)
        case DynamicsRule.number: dynamics.judge(window, &findings)
        case ProlongedEstimationRule.number: prolongedEstimation.judge(window, &findings)
        default: break
        }
    }
}
