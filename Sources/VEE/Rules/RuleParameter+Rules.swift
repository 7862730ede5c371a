import MeterCore
import MeterEvents

extension RuleParameter {
    static let percents: ClosedRange<Int64> = 0...1_000_000
    static let amounts: ClosedRange<Int64> = 0...1_000_000_000
    static let days: ClosedRange<Int64> = 1...42

    /// All parameters, in the order of the text: the rules by number, then the estimation.
    static let all: [RuleParameter] = {
        let groups = payloads + singles + limits + history + channels + registers
        let rules = groups.sorted { ($0.first?.path[1] ?? "") < ($1.first?.path[1] ?? "") }
        return rules.flatMap { $0 } + estimation
    }()

    /// V02, V03, V04 and V07.
    static let payloads: [[RuleParameter]] = [
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

    static let singles: [[RuleParameter]] = [
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

    static let limits: [[RuleParameter]] = [
        rule("V19", { $1(&$0.spike.isEnabled) }, { $1(&$0.spike.severity) }, "Spikes.") + [
            .number(
                "rules",
                "V19",
                "thresholdPercent",
                at: { $1(&$0.spike.thresholdPercentBillionths) },
                percents,
                "Above the third highest of the window, percent."
            ),
            .number(
                "rules",
                "V19",
                "historyPercent",
                at: { $1(&$0.spike.historyPercentBillionths) },
                percents,
                "Above the third highest peak of the days before, percent."
            ),
            .whole(
                "rules",
                "V19",
                "historyDays",
                at: { $1(&$0.spike.historyDays) },
                days,
                "Days before that count; a window that long needs none."
            ),
            .whole(
                "rules",
                "V19",
                "minimumDays",
                at: { $1(&$0.spike.minimumDays) },
                days,
                "Days before that must have a measured value."
            ),
            .number(
                "rules",
                "V19",
                "alonePercent",
                at: { $1(&$0.spike.alonePercentBillionths) },
                percents,
                "Above the third highest of the window where fewer have, percent."
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
}
