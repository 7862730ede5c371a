import MeterCore

extension RuleParameter {
    static let estimation: [RuleParameter] = [
        RuleParameter(
            path: ["estimation", "order"],
            kind: .steps,
            meaning:
                "Methods in the order in which they are tried, each with the longest gap it may fill, s. Empty: nothing is estimated.",
            get: { .steps($0.estimation.order) },
            set: { if case .steps(let steps) = $1 { $0.estimation.order = steps } }
        ),
        .bytes(
            "estimation",
            "powerFailureReasons",
            at: { $1(&$0.estimation.powerFailureReasons) },
            "Reason codes of the source (the last two digits of its status) that mean a power failure, beside the canonical flag."
        ),
        .whole(
            "estimation",
            "referenceDays",
            "count",
            at: { $1(&$0.estimation.referenceDays.count) },
            1...42,
            "Days that are averaged."
        ),
        .whole(
            "estimation",
            "referenceDays",
            "lookBackDays",
            at: { $1(&$0.estimation.referenceDays.lookBackDays) },
            1...42,
            "Days that are looked through."
        ),
        .whole(
            "estimation",
            "referenceDays",
            "maximumUnusablePercent",
            at: { $1(&$0.estimation.referenceDays.maximumUnusablePercent) },
            0...99,
            "A day with more slots that can't be used is left out, percent."
        ),
        .whole(
            "estimation",
            "referenceDays",
            "temperatureBandMillikelvin",
            at: { $1(&$0.estimation.referenceDays.temperatureBandMillikelvin) },
            0...50_000,
            "Largest difference of mean temperatures of like days, mK."
        ),
        .whole(
            "estimation",
            "anchorHalfWeightSeconds",
            at: { $1(&$0.estimation.anchorHalfWeightSeconds) },
            0...604_800,
            "Length of a gap at which E1b follows the shape of the reference days by half, s."
        ),
        RuleParameter(
            path: ["estimation", "holidays"],
            kind: .dates,
            meaning: "Local dates that are like other holidays or Sundays.",
            get: { .dates($0.estimation.holidays) },
            set: { if case .dates(let dates) = $1 { $0.estimation.holidays = dates } }
        ),
        RuleParameter(
            path: ["estimation", "profiles"],
            kind: .profiles,
            meaning: "Shapes of a day by customer class: relative weights of the 24 hours of the local day.",
            get: { .profiles($0.estimation.profiles) },
            set: { if case .profiles(let profiles) = $1 { $0.estimation.profiles = profiles } }
        ),
        .flag(
            "estimation",
            "scaling",
            "enabled",
            at: { $1(&$0.estimation.scaling.isEnabled) },
            "Estimates are scaled to the registers."
        ),
        .whole(
            "estimation",
            "scaling",
            "maximumSpanDays",
            at: { $1(&$0.estimation.scaling.maximumSpanDays) },
            1...62,
            "Longest span between two readings, days."
        ),
        .number(
            "estimation",
            "scaling",
            "peakPercent",
            at: { $1(&$0.estimation.scaling.peakPercentBillionths) },
            percents,
            "Of the highest value around: what estimates may be scaled to on average, percent; 0: any."
        ),
        .flag(
            "estimation",
            "storm",
            "enabled",
            at: { $1(&$0.estimation.storm.isEnabled) },
            "Estimation waits while much of a group is silent."
        ),
        .whole(
            "estimation",
            "storm",
            "dropPercent",
            at: { $1(&$0.estimation.storm.dropPercent) },
            1...100,
            "Below the usual share of meters that report, percent."
        ),
        .whole(
            "estimation",
            "storm",
            "minimumMeters",
            at: { $1(&$0.estimation.storm.minimumMeters) },
            1...1_000_000,
            "Meters of the group."
        ),
        .whole(
            "estimation",
            "storm",
            "maximumDays",
            at: { $1(&$0.estimation.storm.maximumDays) },
            1...3,
            "Days that estimation waits."
        ),
        .flag(
            "estimation",
            "extrapolation",
            "registerFirst",
            at: { $1(&$0.estimation.extrapolation.isRegisterFirst) },
            "E10: the register goes on at the average daily usage and like days are scaled to it; otherwise like days stand as they are."
        ),
        .flag(
            "estimation",
            "derivedRegisters",
            "enabled",
            at: { $1(&$0.estimation.derivedRegisters.isEnabled) },
            "Register readings at the ends of windows follow from the reading before and the intervals since (E9)."
        ),
        .whole(
            "estimation",
            "derivedRegisters",
            "maximumSpanDays",
            at: { $1(&$0.estimation.derivedRegisters.maximumSpanDays) },
            1...42,
            "Age of the reading before, days."
        ),
    ]
}
