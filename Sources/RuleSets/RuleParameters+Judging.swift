package import MeterCore
import MeterEvents

extension RuleParameters {
    /// Puts the slots of a day, or of a part of it, to the rules on intervals. The findings of each rule are in the order of slots.
    ///
    /// The rules on single intervals are judged always; those of a whole day only where the view says that the day is closed.
    package func judgeIntervals(_ day: DayView, _ findings: inout [RuleFinding]) {
        if isSuspect(day) { judgeSingle(day, &findings) }
        alignment.judge(day, &findings)
        guard day.isClosed else { return }
        staleSnapshot.judge(day, &findings)
        spike.judge(day, &findings)
        step.judge(day, &findings)
        identical.judge(day, &findings)
        powerFail.judge(day, &findings)
    }

    private func isSuspect(_ day: DayView) -> Bool {
        day.statistics.highest > day.limits.highest || day.statistics.least < day.limits.least
            || !day.statistics.flags.isDisjoint(with: day.limits.suspects) || !day.tests.isEmpty
    }

    private func judgeSingle(_ day: DayView, _ findings: inout [RuleFinding]) {
        clock.judge(day, &findings)
        overflow.judge(day, &findings)
        testMode.judge(day, &findings)
        intervalStatus.judge(day, &findings)
        diagnostics.judge(day, &findings)
        demandLimit.judge(day, &findings)
        negative.judge(day, &findings)
        voltage.judge(day, &findings)
        current.judge(day, &findings)
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
        inactiveMeter.judge(window, &findings)
        peak.judge(window, &findings)
        usage.judge(window, &findings)
        demand.judge(window, &findings)
        sumCheck.judge(window, &findings)
        reactive.judge(window, &findings)
        zero.judge(window, &findings)
        sibling.judge(window, &findings)
        reverseEnergy.judge(window, &findings)
        checkMeter.judge(window, &findings)
        dynamics.judge(window, &findings)
        prolongedEstimation.judge(window, &findings)
    }

    /// Puts a payload to the rules on payloads and meters. The data is taken unless a finding says to refuse it.
    package func judgePayload(_ payload: PayloadView, _ findings: inout [PayloadFinding]) {
        clock.judge(payload, &findings)
        identification.judge(payload, &findings)
        intervalSize.judge(payload, &findings)
        unit.judge(payload, &findings)
        frameCounter.judge(payload, &findings)
    }

    /// What a reading says together with the one before it, and what the rules on registers say to that.
    package func judgeRegister(_ register: RegisterView, _ findings: inout [WindowFinding]) -> RegisterAdvance {
        let isBaseline = FirstRegisterRule.isBaseline(register)
        let count = findings.count
        dials.judge(register, &findings)
        if let last = findings.last, findings.count > count, last.severity == .fail { return .unknown }
        if isBaseline {
            firstRegister.judge(register, &findings)
            return .baseline
        }
        let advance = registerIncrease.advance(register)
        registerIncrease.judge(register, &findings)
        registerLimits.judge(register, advance, &findings)
        registerDifference.judge(register, advance, &findings)
        return advance
    }
}
