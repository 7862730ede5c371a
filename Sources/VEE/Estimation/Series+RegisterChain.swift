import MeterCore
import MeterEvents
import RuleSets

extension Series {
    /// A register of the channel as its readings, the registry, the device and the channel's intervals tell.
    func chain(_ register: RegisterRecord, _ context: FoldContext) -> RegisterChain {
        RegisterChain(register, context.facts, rules: adopted.map(\.rules), context.timeline) { time, percent in
            evidence(time, percent, context.facts)
        }
    }

    /// Spans between readings of the channel's total register that have a part of a time.
    func registerSpans(around time: Range<Int64>, _ context: FoldContext) -> [RegisterChain.Span] {
        guard unit.isAccumulated, let register = totalRegister(context.facts) else { return [] }
        return chain(register, context).spans(around: time)
    }

    /// The spans between readings that results of a time have a part in, by way of verdicts about readings too.
    func registerSpans(behind time: Range<Int64>, _ context: FoldContext) -> [Range<Int64>] {
        guard unit.isAccumulated, let register = totalRegister(context.facts) else { return [] }
        let chain = chain(register, context)
        return chain.spans(around: chain.reach(of: time, isPlain: chain.isPlain)).map(\.time)
    }

    /// What the measured values say of a time: how much can have passed, and how much did. Nil where they are less than half of the slots
    /// within the time and a day around it, or all zero.
    func evidence(_ time: Range<Int64>, _ peakPercent: Int64, _ facts: MeterFacts) -> RegisterChain.Evidence? {
        guard unit.isAccumulated, !isEmpty, time.count <= 62 * 86_400, isWhole(slots(of: time)) else { return nil }
        let found = measured(around: time, facts)
        let around = (time.upperBound - time.lowerBound + 2 * RegisterChain.evidenceSeconds) / intervalSeconds
        guard 2 * Int64(found.count) >= around, let highest = found.highest, highest > 0 else { return nil }
        let (product, overflow) = (Int128(highest) * Int128(slots(of: time).count))
            .multipliedReportingOverflow(by: Int128(peakPercent))
        let passable = overflow ? Int64.max : Int64(clamping: product / (100 * Int128(Quantity.scale)))
        return RegisterChain.Evidence(passable: passable, measured: found.sum)
    }

    /// The measured values of a time and of a day around it: how many, the highest, and the sum of those within the time.
    func measured(around time: Range<Int64>, _ facts: MeterFacts) -> (count: Int, highest: Int64?, sum: Int128) {
        let own = slots(of: time)
        let around = time.lowerBound - RegisterChain.evidenceSeconds..<time.upperBound + RegisterChain.evidenceSeconds
        let survey = survey(slots(of: around), facts)
        var found: (count: Int, highest: Int64?, sum: Int128) = (0, nil, 0)
        for index in 0..<survey.count where survey.verdicts[index].isUsable && Self.isMeasured(survey.qualities[index])
        {
            let value = survey.values[index]
            found.count += 1
            found.highest = max(found.highest ?? 0, Int64(clamping: value.magnitude))
            if own.contains(survey.first + Int64(index)) { found.sum += Int128(value) }
        }
        return found
    }

    /// Whether the device says of any slot of a range that its configuration was changed.
    func isReconfigured(_ range: Range<Int64>, _ facts: MeterFacts) -> Bool {
        guard !findings.isEmpty, !range.isEmpty else { return false }
        for finding in findings[..<findingIndex(range.upperBound)].reversed() {
            if finding.slots.upperBound <= range.lowerBound {
                // Findings are of one window each, 31 days at most.
                if finding.first < range.lowerBound - 32 * 86_400 / intervalSeconds { return false }
                continue
            }
            guard finding.rule == IntervalStatusRule.number else { continue }
            let flags = survey(finding.slots.clamped(to: range), facts).flags.reduce(UInt16(0)) { $0 | $1 }
            if IntervalFlags(rawValue: flags).contains(.configurationChanged) { return true }
        }
        return false
    }
}
