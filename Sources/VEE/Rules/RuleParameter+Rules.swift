import MeterCore
import MeterEvents

extension RuleParameter {
    private static let percents: ClosedRange<Int64> = 0...1_000_000
    private static let amounts: ClosedRange<Int64> = 0...1_000_000_000
    private static let days: ClosedRange<Int64> = 1...42

    /// All parameters, in the order of the text: the rules by number, then the estimation.
    static let all: [RuleParameter] = {
        let groups = payloads + singles + closes + days1 + days2 + registers
        let rules = groups.sorted { ($0.first?.path[1] ?? "") < ($1.first?.path[1] ?? "") }
        return rules.flatMap { $0 } + estimation
    }()

    /// V02, V03, V04 and V07.
    private static let payloads: [[RuleParameter]] = [
        rule(
            "V02",
            { $1(&$0.clock.isEnabled) },
            { $1(&$0.clock.severity) },
            "Clock of the meter, and data from the future."
        ) + [
            .whole("rules", "V02", "aheadSeconds", at: { $1(&$0.clock.aheadSeconds) }, 0...86_400, "Tolerance, s."),
            .whole(
                "rules",
                "V02",
                "behindSeconds",
                at: { $1(&$0.clock.behindSeconds) },
                0...604_800,
                "Tolerance with the way of the payload, s."
            ),
            .number(
                "rules",
                "V02",
                "failIntervalPercent",
                at: { $1(&$0.clock.failIntervalPercentBillionths) },
                percents,
                "Share of an interval from which on it fails, percent."
            ),
            .whole(
                "rules",
                "V02",
                "futureSeconds",
                at: { $1(&$0.clock.futureSeconds) },
                0...3_024_000,
                "Data that ends later after its receive time is refused, s."
            ),
            .whole(
                "rules",
                "V02",
                "pastDays",
                at: { $1(&$0.clock.pastDays) },
                0...36_500,
                "Data that starts earlier before its receive time is refused, days; 0: any age is taken."
            ),
        ],
        rule(
            "V03",
            { $1(&$0.identification.isEnabled) },
            { $1(&$0.identification.severity) },
            "Data of a time when the meter was not installed."
        ),
        rule(
            "V04",
            { $1(&$0.inactiveMeter.isEnabled) },
            { $1(&$0.inactiveMeter.severity) },
            "Usage of an inactive meter."
        ) + [
            .number(
                "rules",
                "V04",
                "minimumTotal",
                at: { $1(&$0.inactiveMeter.minimumTotalBillionths) },
                amounts,
                "A day's total up to this is passed over, of the unit."
            )
        ],
        rule(
            "V06",
            { $1(&$0.staleSnapshot.isEnabled) },
            { $1(&$0.staleSnapshot.severity) },
            "A meter that repeats its previous payload."
        ),
        rule(
            "V07",
            { $1(&$0.intervalSize.isEnabled) },
            { $1(&$0.intervalSize.severity) },
            "Length of the intervals against the registry."
        ),
    ]

    private static let singles: [[RuleParameter]] = [
        rule(
            "V08",
            { $1(&$0.alignment.isEnabled) },
            { $1(&$0.alignment.severity) },
            "Intervals off the grid of their day."
        ),
        rule("V09", { $1(&$0.gap.isEnabled) }, nil, "Intervals without a value."),
        rule("V10", { $1(&$0.overflow.isEnabled) }, { $1(&$0.overflow.severity) }, "Pulse or number overflow."),
        rule("V11", { $1(&$0.testMode.isEnabled) }, { $1(&$0.testMode.severity) }, "Test mode."),
        rule(
            "V12",
            { $1(&$0.intervalStatus.isEnabled) },
            { $1(&$0.intervalStatus.severity) },
            "Partial, long, recovered and skipped intervals."
        ) + [
            .severity(
                "rules",
                "V12",
                "skippedSeverity",
                at: { $1(&$0.intervalStatus.skippedSeverity) },
                "The same for intervals that were not recorded."
            )
        ],
        rule(
            "V13",
            { $1(&$0.diagnostics.isEnabled) },
            { $1(&$0.diagnostics.severity) },
            "Faults of the device, resets, tampering."
        ),
        rule("V14", { $1(&$0.unit.isEnabled) }, { $1(&$0.unit.severity) }, "Unit and multiplier against the registry."),
    ]

    private static let registers: [[RuleParameter]] = [
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

    private static let closes: [[RuleParameter]] = [
        rule("V19", { $1(&$0.spike.isEnabled) }, { $1(&$0.spike.severity) }, "Spikes.") + [
            .number(
                "rules",
                "V19",
                "thresholdPercent",
                at: { $1(&$0.spike.thresholdPercentBillionths) },
                percents,
                "Above the third highest of the day, percent."
            ),
            .number(
                "rules",
                "V19",
                "minimumPerHour",
                at: { $1(&$0.spike.minimumPerHourBillionths) },
                amounts,
                "Smaller intervals are passed over, kWh per hour."
            ),
        ],
        rule(
            "V20",
            { $1(&$0.demandLimit.isEnabled) },
            { $1(&$0.demandLimit.severity) },
            "More than the service can carry."
        ) + [
            .number(
                "rules",
                "V20",
                "percent",
                at: { $1(&$0.demandLimit.percentBillionths) },
                percents,
                "Of the capacity, percent."
            ),
            .whole(
                "rules",
                "V20",
                "defaultCapacityWatts",
                at: { $1(&$0.demandLimit.defaultCapacityWatts) },
                0...5_000_000_000,
                "Where the registry has none, W; 0: not known."
            ),
        ],
        rule("V21", { $1(&$0.step.isEnabled) }, { $1(&$0.step.severity) }, "Difference of consecutive intervals.") + [
            .number(
                "rules",
                "V21",
                "thresholdPercent",
                at: { $1(&$0.step.thresholdPercentBillionths) },
                percents,
                "Of the interval before, percent."
            ),
            .number(
                "rules",
                "V21",
                "minimumPerHour",
                at: { $1(&$0.step.minimumPerHourBillionths) },
                amounts,
                "Smaller intervals are passed over, kWh per hour."
            ),
        ],
        rule("V29", { $1(&$0.identical.isEnabled) }, { $1(&$0.identical.severity) }, "Runs of one value.") + [
            .whole(
                "rules",
                "V29",
                "minimumSeconds",
                at: { $1(&$0.identical.minimumSeconds) },
                1...86_400,
                "Length of a run, s."
            ),
            .whole(
                "rules",
                "V29",
                "minimumIntervals",
                at: { $1(&$0.identical.minimumIntervals) },
                2...1440,
                "Length of a run, intervals."
            ),
            .whole(
                "rules",
                "V29",
                "minimumDigits",
                at: { $1(&$0.identical.minimumDigits) },
                1...18,
                "Values with fewer significant digits are passed over."
            ),
            .number(
                "rules",
                "V29",
                "minimumPerHour",
                at: { $1(&$0.identical.minimumPerHourBillionths) },
                amounts,
                "Smaller intervals are passed over, of the unit per hour."
            ),
        ],
        rule("V30", { $1(&$0.negative.isEnabled) }, { $1(&$0.negative.severity) }, "Amounts below zero.") + [
            .texts(
                "rules",
                "V30",
                "netChannels",
                at: { $1(&$0.negative.netChannels) },
                "Patterns of channels that net both directions."
            )
        ],
        rule("V33", { $1(&$0.powerFail.isEnabled) }, { $1(&$0.powerFail.severity) }, "Amounts against outages.") + [
            .flag(
                "rules",
                "V33",
                "zeroNeedsOutage",
                at: { $1(&$0.powerFail.zeroNeedsOutage) },
                "A zero without an outage is doubtful."
            )
        ],
        rule("V39", { $1(&$0.voltage.isEnabled) }, { $1(&$0.voltage.severity) }, "Voltage limits.") + [
            .number(
                "rules",
                "V39",
                "lowPercent",
                at: { $1(&$0.voltage.lowPercentBillionths) },
                percents,
                "Of the nominal voltage, percent."
            ),
            .number(
                "rules",
                "V39",
                "highPercent",
                at: { $1(&$0.voltage.highPercentBillionths) },
                percents,
                "Of the nominal voltage, percent."
            ),
            .number(
                "rules",
                "V39",
                "nominalVolts",
                at: { $1(&$0.voltage.nominalBillionths) },
                0...1_000_000,
                "Where the registry has none, V; 0: not known."
            ),
        ],
        rule("V40", { $1(&$0.current.isEnabled) }, { $1(&$0.current.severity) }, "Current limit.") + [
            .number(
                "rules",
                "V40",
                "percent",
                at: { $1(&$0.current.percentBillionths) },
                percents,
                "Of the highest current, percent."
            ),
            .number(
                "rules",
                "V40",
                "maximumAmperes",
                at: { $1(&$0.current.maximumBillionths) },
                0...1_000_000,
                "Where the registry has none, A; 0: not known."
            ),
        ],
    ]

    private static let days1: [[RuleParameter]] = [
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

    private static let days2: [[RuleParameter]] = [
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
            .number(
                "rules",
                "V32",
                "minimumPerDay",
                at: { $1(&$0.reverseEnergy.minimumPerDayBillionths) },
                amounts,
                "Smaller totals are passed over, kWh."
            )
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
}
