public import MeterCore

/// How gaps are estimated: which methods in which order, and what each may do.
public struct EstimationParameters: Sendable, Equatable {
    /// A method, and the longest gap it may fill (seconds).
    public struct Step: Sendable, Equatable {
        public var estimator: Estimator
        public var maximumGapSeconds: Int64

        public init(_ estimator: Estimator, maximumGapSeconds: Int64) {
            self.estimator = estimator
            self.maximumGapSeconds = maximumGapSeconds
        }
    }

    /// Tried in this order for every slot of a gap; the first that has a value gives it. Empty: nothing is estimated.
    public var order: [Step]
    /// Reason codes (low byte of the source's status) that mean a power failure in the interval, beside the canonical flag.
    public var powerFailureReasons: [UInt8]
    public var referenceDays: ReferenceDays
    /// Length of a gap, in seconds, at which E1b follows the shape of the reference days by half; longer gaps follow it more.
    public var anchorHalfWeightSeconds: Int64
    /// Local dates that are like other holidays or Sundays.
    public var holidays: [CivilDate]
    /// By customer class; "" stands for those that have none of their own.
    public var profiles: [ClassProfile]
    public var scaling: Scaling
    public var storm: Storm
    public var extrapolation: Extrapolation
    public var derivedRegisters: DerivedRegisters

    public init(
        order: [Step] = EstimationParameters.shippedOrder,
        powerFailureReasons: [UInt8] = [],
        referenceDays: ReferenceDays = ReferenceDays(),
        anchorHalfWeightSeconds: Int64 = 2400,
        holidays: [CivilDate] = [],
        profiles: [ClassProfile] = [],
        scaling: Scaling = Scaling(),
        storm: Storm = Storm(),
        extrapolation: Extrapolation = Extrapolation(),
        derivedRegisters: DerivedRegisters = DerivedRegisters()
    ) {
        self.order = order
        self.powerFailureReasons = powerFailureReasons
        self.referenceDays = referenceDays
        self.anchorHalfWeightSeconds = anchorHalfWeightSeconds
        self.holidays = holidays
        self.profiles = profiles
        self.scaling = scaling
        self.storm = storm
        self.extrapolation = extrapolation
        self.derivedRegisters = derivedRegisters
    }

    /// The order a new installation starts with.
    public static let shippedOrder: [Step] = [
        Step(.checkMeter, maximumGapSeconds: 31 * 86_400),
        Step(.outage, maximumGapSeconds: 7200),
        Step(.anchored, maximumGapSeconds: 7 * 86_400),
        Step(.linear, maximumGapSeconds: 7200),
        Step(.referenceDays, maximumGapSeconds: 31 * 86_400),
        Step(.likeDay, maximumGapSeconds: 31 * 86_400),
        Step(.proxyDay, maximumGapSeconds: 31 * 86_400),
        Step(.registerFlat, maximumGapSeconds: 31 * 86_400),
        Step(.classProfile, maximumGapSeconds: 31 * 86_400),
        Step(.averageLoad, maximumGapSeconds: 31 * 86_400),
    ]

    /// What an order to estimate falls back on, for the intervals it names only.
    package static let forcedOrder: [Step] = [
        Step(.referenceDays, maximumGapSeconds: 0), Step(.likeDay, maximumGapSeconds: 0),
        Step(.averageLoad, maximumGapSeconds: 0),
    ]

    /// Which earlier days stand for a day (E2, E3, E5, E1b).
    ///
    /// Source: Itron Enterprise Edition topic 251836 (days left out); Oracle Interval Averaging (share of missing values).
    public struct ReferenceDays: Sendable, Equatable {
        /// Days that are averaged.
        public var count: Int
        /// Days before the day that are looked through, 42 at most.
        public var lookBackDays: Int
        /// A day with more slots missing, estimated, failed or in an outage is not used; percent.
        public var maximumUnusablePercent: Int
        /// Largest difference of the days' mean temperatures for E5, thousandths of a kelvin.
        public var temperatureBandMillikelvin: Int32

        public init(
            count: Int = 3,
            lookBackDays: Int = 42,
            maximumUnusablePercent: Int = 50,
            temperatureBandMillikelvin: Int32 = 2000
        ) {
            self.count = count
            self.lookBackDays = lookBackDays
            self.maximumUnusablePercent = maximumUnusablePercent
            self.temperatureBandMillikelvin = temperatureBandMillikelvin
        }
    }

    /// The shape of a day of a customer class: relative weights of the 24 hours of the local day.
    public struct ClassProfile: Sendable, Equatable {
        public var customerClass: String
        /// 24 weights each, not all zero.
        public var weekday: [UInt32]
        public var weekend: [UInt32]

        public init(customerClass: String, weekday: [UInt32], weekend: [UInt32]) {
            self.customerClass = customerClass
            self.weekday = weekday
            self.weekend = weekend
        }
    }

    /// Scaling of estimates, and of nothing else, to what the registers on both sides leave for them.
    ///
    /// Source: Oracle Interval Adjustment From Scalar, option 2; Itron Enterprise Edition topic 262240.
    public struct Scaling: Sendable, Equatable {
        public var isEnabled: Bool
        /// The longest span between two register readings, days, 62 at most.
        public var maximumSpanDays: Int
        /// Nothing is scaled where it would be more than this on average: of the highest measured value between the readings and a day
        /// around, or the highest estimate between them, whichever is higher; in billionths of a percent. 0: any.
        public var peakPercentBillionths: Int64

        public init(
            isEnabled: Bool = true,
            maximumSpanDays: Int = 35,
            peakPercentBillionths: Int64 = 300 * Quantity.scale
        ) {
            self.isEnabled = isEnabled
            self.maximumSpanDays = maximumSpanDays
            self.peakPercentBillionths = peakPercentBillionths
        }
    }

    /// A day on which so many meters of a group are silent that estimating waits for them.
    ///
    /// Source: Oracle Outage Storm Mode.
    public struct Storm: Sendable, Equatable {
        public var isEnabled: Bool
        /// Percent below the usual share of meters that report.
        public var dropPercent: Int
        /// Meters in the group, at least.
        public var minimumMeters: Int
        /// Days that estimation waits, 3 at most.
        public var maximumDays: Int

        public init(isEnabled: Bool = true, dropPercent: Int = 30, minimumMeters: Int = 100, maximumDays: Int = 3) {
            self.isEnabled = isEnabled
            self.dropPercent = dropPercent
            self.minimumMeters = minimumMeters
            self.maximumDays = maximumDays
        }
    }

    /// What stands for a channel after its newest data (E10, where the order has it).
    ///
    /// Source: Itron Enterprise Edition, extrapolation options 1 and 2; AEMO methods 20 and 22.
    public struct Extrapolation: Sendable, Equatable {
        /// The register goes on at the average daily usage and the shape of like days is scaled to it (option 1); otherwise the values of like
        /// days stand as they are, and the register follows from them (option 2).
        public var isRegisterFirst: Bool

        public init(isRegisterFirst: Bool = true) {
            self.isRegisterFirst = isRegisterFirst
        }
    }

    /// Register readings at the ends of windows, from the nearest earlier reading and the intervals since (E9).
    ///
    /// Source: Itron Enterprise Edition, Usage Calculation.
    public struct DerivedRegisters: Sendable, Equatable {
        public var isEnabled: Bool
        /// The nearest earlier reading is no older than so many days, 42 at most.
        public var maximumSpanDays: Int

        public init(isEnabled: Bool = true, maximumSpanDays: Int = 35) {
            self.isEnabled = isEnabled
            self.maximumSpanDays = maximumSpanDays
        }
    }

    /// How far beyond the newest data values are extrapolated, seconds; nil where E10 is not in the order.
    package var extrapolationSeconds: Int64? {
        order.first { $0.estimator == .extrapolation }?.maximumGapSeconds
    }

    /// The longest gap, in seconds, that any method fills.
    package var longestGapSeconds: Int64 {
        order.reduce(0) { $1.estimator == .extrapolation ? $0 : max($0, $1.maximumGapSeconds) }
    }

    /// The longest gap, in seconds, that a method fills which looks at the ends of the gap.
    package var maximumEndedGapSeconds: Int64 {
        var longest: Int64 = 0
        for step in order {
            switch step.estimator {
            case .outage, .linear, .anchored: longest = max(longest, step.maximumGapSeconds)
            default: break
            }
        }
        return longest
    }
}
