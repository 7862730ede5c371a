import MeterCore
import MeterEvents

extension RuleParameter {
    static let history: [[RuleParameter]] = [
        rule("V22", { $1(&$0.peak.isEnabled) }, { $1(&$0.peak.severity) }, "Peak against the days before.") + [
            .number(
                "rules",
                "V22",
                "thresholdPercent",
                at: { $1(&$0.peak.thresholdPercentBillionths) },
                percents,
                "Above the previous peak, percent."
            ),
            .whole("rules", "V22", "days", at: { $1(&$0.peak.days) }, days, "Days of the previous peak."),
            .number(
                "rules",
                "V22",
                "minimumPerHour",
                at: { $1(&$0.peak.minimumPerHourBillionths) },
                amounts,
                "Smaller peaks are passed over, kWh per hour."
            ),
        ],
        rule("V23", { $1(&$0.usage.isEnabled) }, { $1(&$0.usage.severity) }, "High and low usage.") + [
            .number(
                "rules",
                "V23",
                "lowPercent",
                at: { $1(&$0.usage.lowPercentBillionths) },
                percents,
                "Of the reference, percent."
            ),
            .number(
                "rules",
                "V23",
                "highPercent",
                at: { $1(&$0.usage.highPercentBillionths) },
                percents,
                "Of the reference, percent."
            ),
            .whole("rules", "V23", "currentDays", at: { $1(&$0.usage.currentDays) }, days, "Days that are judged."),
            .whole("rules", "V23", "referenceDays", at: { $1(&$0.usage.referenceDays) }, days, "Days before them."),
            .whole(
                "rules",
                "V23",
                "minimumDays",
                at: { $1(&$0.usage.minimumDays) },
                days,
                "Days of the reference that must be known."
            ),
            .number(
                "rules",
                "V23",
                "maximumEstimatedPercent",
                at: { $1(&$0.usage.maximumEstimatedPercentBillionths) },
                0...100,
                "Of the reference, percent."
            ),
            .number(
                "rules",
                "V23",
                "minimumPerDay",
                at: { $1(&$0.usage.minimumPerDayBillionths) },
                amounts,
                "Smaller references are passed over, kWh."
            ),
        ],
        rule("V24", { $1(&$0.demand.isEnabled) }, { $1(&$0.demand.severity) }, "High and low demand.") + [
            .number(
                "rules",
                "V24",
                "lowPercent",
                at: { $1(&$0.demand.lowPercentBillionths) },
                percents,
                "Of the reference, percent."
            ),
            .number(
                "rules",
                "V24",
                "highPercent",
                at: { $1(&$0.demand.highPercentBillionths) },
                percents,
                "Of the reference, percent."
            ),
            .whole("rules", "V24", "currentDays", at: { $1(&$0.demand.currentDays) }, days, "Days that are judged."),
            .whole("rules", "V24", "referenceDays", at: { $1(&$0.demand.referenceDays) }, days, "Days before them."),
            .whole(
                "rules",
                "V24",
                "minimumDays",
                at: { $1(&$0.demand.minimumDays) },
                days,
                "Days of the reference that must be known."
            ),
            .number(
                "rules",
                "V24",
                "maximumEstimatedPercent",
                at: { $1(&$0.demand.maximumEstimatedPercentBillionths) },
                0...100,
                "Of the reference, percent."
            ),
            .number(
                "rules",
                "V24",
                "minimumPerHour",
                at: { $1(&$0.demand.minimumPerHourBillionths) },
                amounts,
                "Smaller references are passed over, kWh per hour."
            ),
        ],
        rule(
            "V25",
            { $1(&$0.sumCheck.isEnabled) },
            { $1(&$0.sumCheck.severity) },
            "Intervals against registers, rates against the total."
        ) + [
            .number(
                "rules",
                "V25",
                "percent",
                at: { $1(&$0.sumCheck.percentBillionths) },
                0...100,
                "Tolerance, percent of the register difference."
            ),
            .whole(
                "rules",
                "V25",
                "steps",
                at: { $1(&$0.sumCheck.steps) },
                0...1000,
                "Tolerance, steps of the register."
            ),
        ],
    ]

    static let channels: [[RuleParameter]] = [
        rule(
            "V26",
            { $1(&$0.reactive.isEnabled) },
            { $1(&$0.reactive.severity) },
            "Reactive energy without active energy."
        ) + [
            .number(
                "rules",
                "V26",
                "ratedPercent",
                at: { $1(&$0.reactive.ratedPercentBillionths) },
                percents,
                "Of the capacity, percent."
            ),
            .whole(
                "rules",
                "V26",
                "minimumIntervals",
                at: { $1(&$0.reactive.minimumIntervals) },
                1...1440,
                "Intervals."
            ),
            .number(
                "rules",
                "V26",
                "minimumPerHour",
                at: { $1(&$0.reactive.minimumPerHourBillionths) },
                amounts,
                "Where the registry has no capacity, kvarh per hour."
            ),
        ],
        rule("V28", { $1(&$0.zero.isEnabled) }, { $1(&$0.zero.severity) }, "Days of zeros on an active meter.") + [
            .whole("rules", "V28", "minimumDays", at: { $1(&$0.zero.minimumDays) }, days, "Days."),
            .flag(
                "rules",
                "V28",
                "needsUseBefore",
                at: { $1(&$0.zero.needsUseBefore) },
                "Only after a remembered day with use."
            ),
        ],
        rule("V31", { $1(&$0.sibling.isEnabled) }, { $1(&$0.sibling.severity) }, "Registered channels without data."),
        rule(
            "V32",
            { $1(&$0.reverseEnergy.isEnabled) },
            { $1(&$0.reverseEnergy.severity) },
            "Received energy without a generator on file."
        ) + [
            .severity(
                "rules",
                "V32",
                "corroboratedSeverity",
                at: { $1(&$0.reverseEnergy.corroboratedSeverity) },
                "Where the device reported it too."
            ),
            .number(
                "rules",
                "V32",
                "minimumPerDay",
                at: { $1(&$0.reverseEnergy.minimumPerDayBillionths) },
                amounts,
                "Smaller totals are passed over, kWh."
            ),
        ],
        rule("V34", { $1(&$0.checkMeter.isEnabled) }, { $1(&$0.checkMeter.severity) }, "Main and check meter.") + [
            .number(
                "rules",
                "V34",
                "thresholdPercent",
                at: { $1(&$0.checkMeter.thresholdPercentBillionths) },
                percents,
                "Of the main meter, percent."
            ),
            .number(
                "rules",
                "V34",
                "minimumPerDay",
                at: { $1(&$0.checkMeter.minimumPerDayBillionths) },
                amounts,
                "Smaller totals are passed over, of the unit."
            ),
        ],
        rule("V35", { $1(&$0.dynamics.isEnabled) }, { $1(&$0.dynamics.severity) }, "A day's total against like days.")
            + [
                .number(
                    "rules",
                    "V35",
                    "thresholdSigma",
                    at: { $1(&$0.dynamics.thresholdSigmaBillionths) },
                    0...100,
                    "Standard deviations."
                ),
                .whole(
                    "rules",
                    "V35",
                    "minimumDays",
                    at: { $1(&$0.dynamics.minimumDays) },
                    2...42,
                    "Like days that must be known."
                ),
                .whole(
                    "rules",
                    "V35",
                    "referenceDays",
                    at: { $1(&$0.dynamics.referenceDays) },
                    days,
                    "Days that are looked through."
                ),
                .number(
                    "rules",
                    "V35",
                    "minimumPercent",
                    at: { $1(&$0.dynamics.minimumPercentBillionths) },
                    percents,
                    "Smaller deviations are passed over, percent of the mean."
                ),
            ],
        rule(
            "V36",
            { $1(&$0.prolongedEstimation.isEnabled) },
            { $1(&$0.prolongedEstimation.severity) },
            "Days without a measurement."
        ) + [
            .whole("rules", "V36", "minimumDays", at: { $1(&$0.prolongedEstimation.minimumDays) }, days, "Days.")
        ],
    ]

    static let registers: [[RuleParameter]] = [
        rule(
            "V15",
            { $1(&$0.dials.isEnabled) },
            { $1(&$0.dials.severity) },
            "Readings beyond the digits of the register."
        ),
        rule(
            "V16",
            { $1(&$0.registerIncrease.isEnabled) },
            { $1(&$0.registerIncrease.severity) },
            "Registers that go back."
        ) + [
            .number(
                "rules",
                "V16",
                "percent",
                at: { $1(&$0.registerIncrease.percentBillionths) },
                percents,
                "Of the capacity: what may pass in a rollover, percent."
            )
        ],
        rule(
            "V17",
            { $1(&$0.registerLimits.isEnabled) },
            { $1(&$0.registerLimits.severity) },
            "Register difference against limits."
        ) + [
            .number(
                "rules",
                "V17",
                "percent",
                at: { $1(&$0.registerLimits.percentBillionths) },
                percents,
                "Of the capacity, percent."
            ),
            .number(
                "rules",
                "V17",
                "peakPercent",
                at: { $1(&$0.registerLimits.peakPercentBillionths) },
                percents,
                "Without a capacity: of the highest measured interval, percent; 0: not asked."
            ),
            .number(
                "rules",
                "V17",
                "maximumPerDay",
                at: { $1(&$0.registerLimits.maximumPerDayBillionths) },
                amounts,
                "Of the unit; 0: none."
            ),
            .number(
                "rules",
                "V17",
                "minimumPerDay",
                at: { $1(&$0.registerLimits.minimumPerDayBillionths) },
                amounts,
                "Of the unit; 0: none."
            ),
        ],
        rule(
            "V18",
            { $1(&$0.registerDifference.isEnabled) },
            { $1(&$0.registerDifference.severity) },
            "Register difference against the period before."
        ) + [
            .number(
                "rules",
                "V18",
                "thresholdPercent",
                at: { $1(&$0.registerDifference.thresholdPercentBillionths) },
                percents,
                "Percent of the current usage."
            ),
            .whole(
                "rules",
                "V18",
                "minimumSpanHours",
                at: { $1(&$0.registerDifference.minimumSpanHours) },
                1...10_000,
                "Shorter periods are passed over, h."
            ),
        ],
        rule("V37", { $1(&$0.firstRegister.isEnabled) }, nil, "The first reading of a register is told."),
        rule(
            "V38",
            { $1(&$0.frameCounter.isEnabled) },
            { $1(&$0.frameCounter.severity) },
            "Frame counters that do not rise."
        ),
    ]
}
