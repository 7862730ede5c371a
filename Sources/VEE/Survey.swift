import MeterCore
import RuleSets

/// What becomes of a slot before anything is estimated.
enum Verdict: UInt8 {
    /// The value is used.
    case used = 0
    /// It is used with a warning.
    case questioned = 1
    /// It failed a check; it is kept and neither used nor estimated.
    case failed = 2
    /// There is no value that can be used.
    case gap = 3
    /// Beyond what is kept, or another series' to say.
    case unknown = 4

    var isUsable: Bool { rawValue <= Verdict.questioned.rawValue }
}

/// Slots as they hold after a person's edits and the rules' findings, copied out.
struct Survey {
    let first: Int64
    var values: [Int64] = []
    /// `Quality.rawValue` or `SlotStore.absent`.
    var qualities: [UInt8] = []
    var flags: [UInt16] = []
    var verdicts: [Verdict] = []
    /// Set where a person entered the value: index into the meter's edits.
    var edits: [Int] = []

    var count: Int { values.count }
    var slots: Range<Int64> { first..<first + Int64(count) }

    func verdict(_ slot: Int64) -> Verdict {
        let index = slot - first
        return index >= 0 && index < Int64(count) ? verdicts[Int(index)] : .unknown
    }

    func value(_ slot: Int64) -> Int64 { values[Int(slot - first)] }
}

extension Series {
    /// Slots `range` of what is kept, at hand or cold.
    func survey(_ range: Range<Int64>, _ facts: MeterFacts) -> Survey {
        let range = range.clamped(to: keptBase..<max(keptBase, slots.end))
        var survey = Survey(first: range.lowerBound)
        var slot = range.lowerBound
        while slot < range.upperBound, let piece = cold.piece(at: slot) {
            var references: [Reference] = []
            let store = cold.read(piece, &references)
            let elements = Int(slot - store.base)..<Int(min(range.upperBound, store.end) - store.base)
            survey.append(store, elements)
            slot += Int64(elements.count)
        }
        if slot < range.upperBound {
            survey.append(slots, Int(slot - slots.base)..<Int(range.upperBound - slots.base))
        }
        applyEdits(to: &survey, facts)
        survey.verdicts.reserveCapacity(survey.count)
        for quality in survey.qualities { survey.verdicts.append(Self.verdict(quality)) }
        applyFindings(to: &survey)
        for part in sharing.covered.part(in: survey.slots) {
            for slot in part { survey.verdicts[Int(slot - survey.first)] = .unknown }
        }
        return survey
    }

    /// Which of the slots have a value, after a person's edits: one that a source or a person gave and that no check of single values fails.
    ///
    /// - Parameter day: the start of the window whose rules hold.
    func hasValues(
        _ range: Range<Int64>,
        in day: Int64,
        _ context: FoldContext
    ) -> (first: Int64, values: [Int64], has: [Bool], isShare: [Bool]) {
        let survey = survey(range, context.facts)
        let rules = adopted[context.timeline.index(at: day)]
        let has = survey.qualities.indices.map { index in
            let quality = survey.qualities[index]
            let flags = survey.flags[index]
            return Self.verdict(quality) != .gap
                && rank(quality, survey.values[index], flags, rules) != Quality.failed.rawValue
        }
        let shared = Quality.estimatedScaled.rawValue
        let hasShares = isDaily && survey.qualities.contains(shared)
        return (survey.first, survey.values, has, hasShares ? survey.qualities.map { $0 == shared } : [])
    }

    static func verdict(_ quality: UInt8) -> Verdict {
        switch quality {
        case SlotStore.absent, Quality.missing.rawValue, Quality.failed.rawValue: .gap
        case Quality.questionable.rawValue: .questioned
        default: .used
        }
    }

    private func applyFindings(to survey: inout Survey) {
        for finding in findings[findingIndex(survey.first)..<findingIndex(survey.slots.upperBound)] {
            guard let verdict = Self.verdict(finding.effect) else { continue }
            for slot in finding.slots.clamped(to: survey.slots) {
                let index = Int(slot - survey.first)
                if verdict.rawValue > survey.verdicts[index].rawValue { survey.verdicts[index] = verdict }
            }
        }
    }

    private static func verdict(_ effect: Effect) -> Verdict? {
        switch effect {
        case .note: nil
        case .question: .questioned
        case .fail: .failed
        case .estimate: .gap
        }
    }

    /// Index of the first finding that begins at a slot or after it.
    func findingIndex(_ slot: Int64) -> Int {
        if findings.isEmpty { return 0 }
        var low = 0
        var high = findings.count
        while low < high {
            let middle = (low + high) / 2
            if findings[middle].first < slot { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Whether a person said anything about the channel.
    func hasEdits(_ facts: MeterFacts) -> Bool {
        !facts.edits.isEmpty && facts.edits.contains { $0.channel == channel }
    }

    private func applyEdits(to survey: inout Survey, _ facts: MeterFacts) {
        guard hasEdits(facts) else { return }
        survey.edits = Array(repeating: -1, count: survey.count)
        for (number, edit) in facts.edits.enumerated() where edit.channel == channel && !edit.isLocking {
            for slot in slots(of: edit.start..<max(edit.start, edit.end)).clamped(to: survey.slots)
            where edit.covers(start(of: slot), intervalSeconds: intervalSeconds) {
                survey.edits[Int(slot - survey.first)] = number
            }
        }
        for index in 0..<survey.count where survey.edits[index] >= 0 {
            let edit = facts.edits[survey.edits[index]]
            let slotStart = start(of: survey.first + Int64(index))
            switch edit.kind {
            case .setValues:
                if let value = edit.value(at: slotStart, intervalSeconds: intervalSeconds) {
                    survey.values[index] = value
                    survey.qualities[index] = Quality.edited.rawValue
                    survey.flags[index] = 0
                    continue
                }
            case .accept:
                let quality = survey.qualities[index]
                if SourceQuality.isChecked(quality) || quality == Quality.failed.rawValue {
                    survey.qualities[index] = Quality.verified.rawValue
                }
            case .reject:
                if survey.qualities[index] != SlotStore.absent, survey.qualities[index] != Quality.missing.rawValue {
                    survey.qualities[index] = Quality.failed.rawValue
                }
            case .clear, .lock, .unlock: break
            }
            survey.edits[index] = -1
        }
    }

    /// Whether a slot is locked by what people said last.
    func isLocked(_ slot: Int64, _ facts: MeterFacts) -> Bool {
        let slotStart = start(of: slot)
        for edit in facts.edits.reversed()
        where edit.isLocking && edit.channel == channel && edit.covers(slotStart, intervalSeconds: intervalSeconds) {
            return edit.kind == .lock
        }
        return false
    }
}

extension Survey {
    fileprivate mutating func append(_ store: borrowing SlotStore, _ elements: Range<Int>) {
        values.append(contentsOf: store.values[elements])
        qualities.append(contentsOf: store.sources[elements])
        flags.append(contentsOf: store.flags[elements])
    }
}
