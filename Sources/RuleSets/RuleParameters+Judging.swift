package import MeterCore
import MeterEvents

extension RuleParameters {
    /// Puts the slots of a day, or of a part of it, to the rules on intervals. The findings of each rule are in the order of slots.
    ///
    /// The rules on single intervals are judged always; those of a whole day only where the view says that the day is closed.
    package func judgeIntervals(_ day: DayView, _ findings: inout [RuleFinding]) {
        if isSuspect(day) { judgeSingle(day, &findings) }
        for judge in RuleCatalog.partJudges { judge(self, day, &findings) }
        guard day.isClosed else { return }
        for judge in RuleCatalog.dayJudges { judge(self, day, &findings) }
    }

    private func isSuspect(_ day: DayView) -> Bool {
        day.statistics.highest > day.limits.highest || day.statistics.least < day.limits.least
            || !day.statistics.flags.isDisjoint(with: day.limits.suspects) || !day.tests.isEmpty
    }

    private func judgeSingle(_ day: DayView, _ findings: inout [RuleFinding]) {
        for judge in RuleCatalog.singleJudges { judge(self, day, &findings) }
    }

    /// The gravest thing that the rules on single intervals do to a value, which must be a checked one; nil when they say nothing.
    /// What a value ranks as follows from it: a value that fails is below every other one that came for its slot.
    package func effectOnArrival(
        of value: Int64,
        _ flags: IntervalFlags,
        unit: MeasurementUnit,
        intervalSeconds: Int64,
        _ limits: SlotLimits
    ) -> Effect? {
        guard limits.isSuspect(value, flags) else { return nil }
        let day = DayView(
            values: [value],
            qualities: [Quality.raw.rawValue],
            flags: flags.isEmpty ? [] : [flags.rawValue],
            elements: 0..<1,
            start: 0,
            dayStart: 0,
            dayEnd: intervalSeconds,
            intervalSeconds: intervalSeconds,
            unit: unit,
            isClosed: false,
            limits: limits
        )
        var findings: [RuleFinding] = []
        judgeSingle(day, &findings)
        var worst: Effect?
        for finding in findings { worst = max(worst ?? finding.effect, finding.effect) }
        return worst
    }

    /// Puts a closed day to the rules on windows. In the order of rule numbers, each rule once at most.
    package func judgeWindow(_ window: WindowView, _ findings: inout [WindowFinding]) {
        for judge in RuleCatalog.windowJudges { judge(self, window, &findings) }
    }

    /// Puts a payload to the rules on payloads and meters. The data is taken unless a finding says to refuse it.
    package func judgePayload(_ payload: PayloadView, _ findings: inout [PayloadFinding]) {
        for judge in RuleCatalog.payloadJudges { judge(self, payload, &findings) }
    }

    /// What a reading says together with the one before it, and what the rules on registers say to that. A reading that can't be one
    /// (V15 fails) says nothing, and nothing else is said of it.
    package func judgeRegister(_ register: RegisterView, _ findings: inout [WindowFinding]) -> RegisterAdvance {
        if dials.refuses(register) {
            dials.judge(register, &findings)
            return .unknown
        }
        let advance = FirstRegisterRule.isBaseline(register) ? .baseline : registerIncrease.advance(register)
        for judge in RuleCatalog.registerJudges { judge(self, register, advance, &findings) }
        return advance
    }
}
