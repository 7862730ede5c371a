import MeterCore
import MeterEvents
import RuleSets

/// What a closed day has in gaps.
struct GapSummary: Equatable {
    var hasGaps = false
    var isAllGap = false
    /// Estimates of the day can follow from earlier days.
    var leansOnHistory = false
    /// They are not estimated before a storm is over.
    var isWaiting = false
}

/// The results of a day's slots while they are worked out.
struct DayOutcome {
    var survey: Survey
    var values: [Int64]
    /// `Quality.rawValue`; `SlotStore.neverEmitted` for slots that have no result, `SlotStore.withdrawn` for those that have none any more.
    var qualities: [UInt8]
    var methods: [UInt8]
    /// Slots that want an estimate and have none yet.
    var wants: [Bool]
    /// Slots that were estimated here.
    var isFilled: [Bool]
    var gaps = GapSummary()

    var hasGaps: Bool { gaps.hasGaps }
}

extension Series {
    /// The results of the kept slots of a day, before anything is estimated.
    func outcome(
        _ day: LocalDay,
        _ kept: Range<Int64>,
        _ rules: DayRules,
        _ context: FoldContext,
        _ calendar: inout DayCalendar
    ) -> DayOutcome {
        let survey = survey(kept, context.facts)
        let count = survey.count
        var outcome = DayOutcome(
            survey: survey,
            values: survey.values,
            qualities: survey.qualities,
            methods: Array(repeating: EstimationMethod.none.rawValue, count: count),
            wants: Array(repeating: false, count: count),
            isFilled: Array(repeating: false, count: count)
        )
        var gapCount = 0
        var coveredCount = 0
        for index in 0..<count {
            let source = survey.qualities[index]
            if !sharing.covered.isEmpty, sharing.covered.contains(survey.first + Int64(index)) {
                outcome.qualities[index] = withoutResult(survey.first + Int64(index))
                outcome.values[index] = 0
                coveredCount += 1
                continue
            }
            switch survey.verdicts[index] {
            case .used:
                outcome.qualities[index] = source == Quality.raw.rawValue ? Quality.validated.rawValue : source
                outcome.methods[index] =
                    !survey.edits.isEmpty && survey.edits[index] >= 0
                    ? EstimationMethod.manual.rawValue : Self.sourceMethod(source)
            case .questioned: outcome.qualities[index] = Quality.questionable.rawValue
            case .failed: outcome.qualities[index] = Quality.failed.rawValue
            case .gap, .unknown:
                if source == SlotStore.absent {
                    guard rules.judgesAbsent, survey.first + Int64(index) >= firstKnown else {
                        outcome.qualities[index] = withoutResult(survey.first + Int64(index))
                        outcome.values[index] = 0
                        continue
                    }
                    outcome.qualities[index] = Quality.missing.rawValue
                    outcome.values[index] = 0
                } else if source != Quality.missing.rawValue {
                    outcome.qualities[index] = Quality.failed.rawValue
                }
                outcome.wants[index] = true
                gapCount += 1
            }
        }
        outcome.gaps.hasGaps = gapCount > 0
        outcome.gaps.isAllGap = gapCount > 0 && gapCount == count - coveredCount
        return outcome
    }

    /// That a slot has no result, or none any more. Of packed ones, whose results are only looked at, it makes no difference.
    private func withoutResult(_ slot: Int64) -> UInt8 {
        guard slot >= slots.base else { return SlotStore.neverEmitted }
        let isOut = slots.outQualities[Int(slot - slots.base)] != SlotStore.neverEmitted
        return isOut ? SlotStore.withdrawn : SlotStore.neverEmitted
    }

    /// Versions the slots of `part` that have other results than before. Returns their runs. Locked slots keep what went out; where it would
    /// be something else now, that is kept as a correction.
    mutating func record(
        _ outcome: DayOutcome,
        _ part: Range<Int64>,
        _ rules: DayRules,
        _ forced: [Int64],
        _ context: FoldContext
    ) -> [Range<Int64>] {
        let hasLocks = hasLocks(context.facts)
        var pendingCorrections: [SlotFinding] = []
        var runs: [Range<Int64>] = []
        var runStart = Int64.min
        for slot in part {
            let element = Int(slot - outcome.survey.first)
            let index = Int(slot - slots.base)
            var value = outcome.values[element]
            var quality = outcome.qualities[element]
            var method = outcome.methods[element]
            var isForced = forced.containsSorted(slot)
            if hasLocks, quality != SlotStore.neverEmitted, isLocked(slot, context.facts) {
                let old = SlotResult(slots, index)
                let locked = old.locked(
                    SlotResult(value: value, quality: quality, method: method),
                    isAbsent: outcome.survey.qualities[element] == SlotStore.absent,
                    judgesAbsent: rules.judgesAbsent
                )
                if locked.isCorrected {
                    pendingCorrections.append(correction(slot, value, old.hasValue ? old.value : 0))
                }
                (value, quality, method) = (locked.result.value, locked.result.quality, locked.result.method)
                isForced = false
            }
            let isNew = quality != SlotStore.neverEmitted && version(index, value, quality, method, isForced: isForced)
            if isNew, runStart == .min { runStart = slot }
            if !isNew, runStart != .min {
                runs.append(runStart..<slot)
                runStart = .min
            }
        }
        if runStart != .min { runs.append(runStart..<part.upperBound) }
        replaceCorrections(in: part, with: pendingCorrections)
        return runs
    }

    private func correction(_ slot: Int64, _ value: Int64, _ billed: Int64) -> SlotFinding {
        SlotFinding(
            first: slot,
            count: 1,
            rule: CorrectionRule.number,
            severity: .warn,
            effect: .note,
            observedBillionths: value,
            limitBillionths: billed
        )
    }

    private mutating func replaceCorrections(in part: Range<Int64>, with new: [SlotFinding]) {
        if corrections.isEmpty, new.isEmpty { return }
        let lower = corrections.firstIndex { $0.first >= part.lowerBound } ?? corrections.count
        let upper = corrections.firstIndex { $0.first >= part.upperBound } ?? corrections.count
        corrections.replaceSubrange(lower..<upper, with: new)
    }
}
