import MeterCore

extension EstimationParameters {
    /// In the order of the text.
    static let parameters: [RuleParameter<EstimationParameters>] = [
        RuleParameter(
            path: ["order"],
            kind: .steps,
            meaning:
                "Methods in the order in which they are tried, each with the longest gap it may fill, s. Empty: nothing is estimated.",
            get: { .steps($0.order) },
            set: { if case .steps(let steps) = $1 { $0.order = steps } }
        ),
        .bytes(
            "powerFailureReasons",
            "Reason codes of the source (the last two digits of its status) that mean a power failure, beside the canonical flag."
        ) { $1(&$0.powerFailureReasons) },
        .whole("referenceDays.count", 1...42, "Days that are averaged.") { $1(&$0.referenceDays.count) },
        .whole("referenceDays.lookBackDays", 1...42, "Days that are looked through.") {
            $1(&$0.referenceDays.lookBackDays)
        },
        .whole(
            "referenceDays.maximumUnusablePercent",
            0...99,
            "A day with more slots that can't be used is left out, percent."
        ) { $1(&$0.referenceDays.maximumUnusablePercent) },
        .whole(
            "referenceDays.temperatureBandMillikelvin",
            0...50_000,
            "Largest difference of mean temperatures of like days, mK."
        ) { $1(&$0.referenceDays.temperatureBandMillikelvin) },
        .whole(
            "anchorHalfWeightSeconds",
            0...604_800,
            "Length of a gap at which E1b follows the shape of the reference days by half, s."
        ) { $1(&$0.anchorHalfWeightSeconds) },
        RuleParameter(
            path: ["holidays"],
            kind: .dates,
            meaning: "Local dates that are like other holidays or Sundays.",
            get: { .dates($0.holidays) },
            set: { if case .dates(let dates) = $1 { $0.holidays = dates } }
        ),
        RuleParameter(
            path: ["profiles"],
            kind: .profiles,
            meaning: "Shapes of a day by customer class: relative weights of the 24 hours of the local day.",
            get: { .profiles($0.profiles) },
            set: { if case .profiles(let profiles) = $1 { $0.profiles = profiles } }
        ),
        .flag("scaling.enabled", "Estimates are scaled to the registers.") { $1(&$0.scaling.isEnabled) },
        .whole("scaling.maximumSpanDays", 1...62, "Longest span between two readings, days.") {
            $1(&$0.scaling.maximumSpanDays)
        },
        .number(
            "scaling.peakPercent",
            .percents,
            "Of the highest value around: what estimates may be scaled to on average, percent; 0: any."
        ) {
            $1(&$0.scaling.peakPercentBillionths)
        },
        .flag("storm.enabled", "Estimation waits while much of a group is silent.") { $1(&$0.storm.isEnabled) },
        .whole("storm.dropPercent", 1...100, "Below the usual share of meters that report, percent.") {
            $1(&$0.storm.dropPercent)
        },
        .whole("storm.minimumMeters", 1...1_000_000, "Meters of the group.") { $1(&$0.storm.minimumMeters) },
        .whole("storm.maximumDays", 1...3, "Days that estimation waits.") { $1(&$0.storm.maximumDays) },
        .flag(
            "extrapolation.registerFirst",
            "E10: the register goes on at the average daily usage and like days are scaled to it; otherwise like days stand as they are."
        ) { $1(&$0.extrapolation.isRegisterFirst) },
        .flag(
            "derivedRegisters.enabled",
            "Register readings at the ends of windows follow from the reading before and the intervals since (E9)."
        ) { $1(&$0.derivedRegisters.isEnabled) },
        .whole("derivedRegisters.maximumSpanDays", 1...42, "Age of the reading before, days.") {
            $1(&$0.derivedRegisters.maximumSpanDays)
        },
    ]
}
