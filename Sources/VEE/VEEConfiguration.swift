public import MeterCore
public import RuleSets

/// What the fold needs besides its input. The same for every task.
public struct VEEConfiguration: Sendable {
    /// Zones by identifier; a meter whose zone is not here is windowed in UTC, and an exception says so.
    public var zones: ZoneCatalog
    /// Holds for data before the first activated rule set.
    public var defaultRules: RuleSet
    public var limits: VEELimits

    public init(
        zones: ZoneCatalog,
        defaultRules: RuleSet = .default1,
        limits: VEELimits = VEELimits()
    ) {
        self.zones = zones
        self.defaultRules = defaultRules
        self.limits = limits
    }
}

/// Bounds of state and of waiting. All times are stream time or data time, never the clock of the machine.
public struct VEELimits: Sendable, Equatable {
    /// Days before a channel's newest interval within which late data finds everything that is needed to judge it. Older data is
    /// judged by itself. Nodes keep more than two years (`vee.history_days`), so that a bulk load of old data is ordinary.
    public var historyDays: Int
    /// Days before the history that are kept for reference: what earlier days say about estimates of the history's first days. 42 at most.
    public var lookBackDays: Int
    /// Length of a window. No shorter than a channel's intervals, or its gaps are not judged.
    public var window: WindowLength
    /// Length of a window of channels with one value a day.
    public var dailyWindow: WindowLength
    /// A window is due this long after its end.
    public var graceSeconds: Int64
    /// What has not come by the end of the newest data is missing this long after the channel's last arrival.
    public var lateGraceSeconds: Int64
    /// Days without any data after a channel's newest interval that still come out as missing, when the channel reports live.
    public var silentDays: Int
    /// A channel reports live when its data arrives within this time of its end.
    public var liveLagSeconds: Int64
    /// Data that ends this long after its own receive time is refused.
    public var futureSeconds: Int64
    /// Series (meter, channel, interval length) of one partition. Data of further ones is refused (V45).
    public var maximumSeries: Int
    /// Intervals in a local day of 25 hours. Data with more of them (intervals of less than 10 s) is refused (V07).
    public var maximumDaySlots: Int
    /// Activated rule sets that are kept, 62 at most.
    public var maximumRuleSets: Int
    /// Edits and locks that are kept of one meter; of more the oldest by data time go.
    public var maximumEdits: Int
    /// Orders to estimate that are kept of one partition, those of groups and those of single meters alike.
    public var maximumForceEstimates: Int
    /// Power events that are kept of one meter.
    public var maximumDeviceEvents: Int
    /// Registers of one meter, each rate by itself; readings of further ones are passed over and counted.
    public var maximumRegisters: Int
    public var maximumWeatherStations: Int

    public init(
        historyDays: Int = 45,
        lookBackDays: Int = 42,
        window: WindowLength = .day,
        dailyWindow: WindowLength? = nil,
        graceSeconds: Int64 = 86_400,
        lateGraceSeconds: Int64 = 21_600,
        silentDays: Int = 0,
        liveLagSeconds: Int64 = 3 * 86_400,
        futureSeconds: Int64 = 35 * 86_400,
        maximumSeries: Int = 1_000_000,
        maximumDaySlots: Int = 9000,
        maximumRuleSets: Int = 62,
        maximumEdits: Int = 1000,
        maximumForceEstimates: Int = 1000,
        maximumDeviceEvents: Int = 1000,
        maximumRegisters: Int = 32,
        maximumWeatherStations: Int = 256
    ) {
        self.historyDays = max(historyDays, 1)
        self.lookBackDays = min(max(lookBackDays, 0), 42)
        self.window = window
        self.dailyWindow = dailyWindow ?? window
        self.graceSeconds = max(graceSeconds, 0)
        self.lateGraceSeconds = max(lateGraceSeconds, 0)
        self.silentDays = min(max(silentDays, 0), self.historyDays)
        self.liveLagSeconds = max(liveLagSeconds, 0)
        self.futureSeconds = max(futureSeconds, 0)
        self.maximumSeries = max(maximumSeries, 0)
        self.maximumDaySlots = max(maximumDaySlots, 1)
        self.maximumRuleSets = min(max(maximumRuleSets, 1), 62)
        self.maximumEdits = max(maximumEdits, 1)
        self.maximumForceEstimates = max(maximumForceEstimates, 1)
        self.maximumDeviceEvents = max(maximumDeviceEvents, 1)
        self.maximumRegisters = max(maximumRegisters, 0)
        self.maximumWeatherStations = max(maximumWeatherStations, 0)
    }

    /// Seconds of slots that are kept before the newest one: the history, three windows more (days, where they are shorter) so that the
    /// windows of the history have whole neighbours, and the days for reference.
    var keptSeconds: Int64 {
        Int64(historyDays + 3 * max(window.longestDays, dailyWindow.longestDays) + lookBackDays) * 86_400
    }
}
