import MeterCore
import MeterEvents
import RuleSets
import StreamCore

extension VEEProcessor {
    /// Puts a block to the rules on payloads. The code of the exception that says why it is refused; nil when it is not.
    mutating func refusal(
        of block: IntervalBlock,
        _ time: Range<Int64>,
        _ meter: Int,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) -> String? {
        let view = PayloadView(
            channel: block.channel,
            unit: block.unit,
            intervalSeconds: Int64(block.intervalSeconds),
            start: time.lowerBound,
            end: time.upperBound,
            receivedAtMilliseconds: context.raw.receivedAtMilliseconds,
            meterClock: block.meterClock?.secondsSinceEpoch,
            multiplierBillionths: block.multiplierBillionths,
            frameCounter: block.frameCounter,
            lastFrameCounter: meters[meter].payloads.lastFrameCounter(before: context.raw),
            registration: context.facts.registration(of: block.channel),
            meter: context.facts.registration
        )
        let index = timeline.index(at: time.lowerBound)
        let traits = SeriesTraits(meter: context.meter, channel: block.channel, context.facts.registration)
        let rules = resolved.rules(timeline.entries[index].rules, index, traits)
        if block.frameCounter > 0 { meters[meter].payloads.observe(frameCounter: block.frameCounter, context.raw) }
        let code = judge(view, meter, rules, context, &effects)
        if code != nil { effects.count(VEECounter.refused.rawValue, by: Int64(block.count)) }
        return code
    }

    /// Puts register readings to the rules on payloads.
    mutating func passes(
        _ reads: RegisterReads,
        _ meter: Int,
        _ rules: ResolvedRules,
        _ context: inout FoldContext,
        _ effects: inout Effects
    ) -> Bool {
        guard let first = reads.at.min(), let last = reads.at.max() else { return false }
        let view = PayloadView(
            channel: reads.channel,
            unit: reads.unit,
            intervalSeconds: 0,
            start: first.secondsSinceEpoch,
            end: last.secondsSinceEpoch,
            receivedAtMilliseconds: context.raw.receivedAtMilliseconds,
            meterClock: reads.meterClock?.secondsSinceEpoch,
            registration: context.facts.registration(of: reads.channel),
            meter: context.facts.registration
        )
        return judge(view, meter, rules, context, &effects) == nil
    }

    /// The code of the first refusal; nil when nothing refuses the payload.
    private mutating func judge(
        _ payload: PayloadView,
        _ meter: Int,
        _ rules: ResolvedRules,
        _ context: FoldContext,
        _ effects: inout Effects
    ) -> String? {
        var findings: [PayloadFinding] = []
        rules.parameters.judgePayload(payload, &findings)
        if findings.isEmpty { return nil }
        effects.count(VEECounter.payloadFindings.rawValue, by: Int64(findings.count))
        var refusal: String?
        let day = context.raw.receivedAtMilliseconds.flooredQuotient(86_400_000)
        for finding in findings {
            if finding.action == .refuse, refusal == nil { refusal = RuleText.code(finding.rule) }
            let note = PayloadState.Note(channel: payload.channel, rule: finding.rule)
            let isNew = meters[meter].payloads.isNew(note, onDay: day)
            guard isNew || finding.action == .refuse else { continue }
            // What is refused is told each time; what is taken with a remark once a day.
            effects.emit(exception(finding, payload, rules, context), context)
            if finding.rule == ClockRule.number, finding.action >= .setClock {
                propose(.clockSync, day, finding, context, &effects)
            }
        }
        return refusal
    }

    private func exception(
        _ finding: PayloadFinding,
        _ payload: PayloadView,
        _ rules: ResolvedRules,
        _ context: FoldContext
    ) -> VeeException {
        let open = OpenException(
            windowStart: payload.start,
            windowEnd: payload.end,
            rule: finding.rule,
            severity: finding.severity,
            firstStart: payload.start,
            count: 0,
            observedBillionths: finding.observedBillionths,
            limitBillionths: finding.limitBillionths,
            isOfWindow: true
        )
        return open.event(isOpen: true, channel: payload.channel, payload.unit, rules.version, context)
    }

    /// Proposes a command to the device, once for each receive day.
    private func propose(
        _ kind: DeviceCommandEvent.Kind,
        _ day: Int64,
        _ finding: PayloadFinding,
        _ context: FoldContext,
        _ effects: inout Effects
    ) {
        effects.count(VEECounter.commands.rawValue)
        guard !effects.isMuted else { return }
        let seconds = finding.observedBillionths / Quantity.scale
        let command = DeviceCommandEvent(
            id: "vee-clock-\(context.meter)-\(day)",
            meter: context.meter,
            kind: kind,
            requestedBy: Self.name,
            reason: "the meter's time is \(seconds) s off",
            requestedAtMilliseconds: context.raw.receivedAtMilliseconds
        )
        effects.emit(
            to: Self.commandsOutput,
            key: context.key,
            timestampMilliseconds: context.recordMilliseconds
        ) { bytes in
            command.append(to: &bytes)
        }
    }
}
