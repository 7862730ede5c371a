import MeterCore
import MeterEvents
import RuleSets
public import StreamCore

/// Validation, estimation and editing: folds the journal of one partition into versions of interval values and exceptions.
///
/// An interval is checked when it comes and put out at once. Its window, the local day of the meter's zone, is checked as a whole when it
/// closes (`Series.due`), gaps are estimated then, and again whenever something in a closed window changes; only what became
/// different comes out, as a new revision. What holds in the end does not depend on the order in which the data came, within the
/// kept history.
public struct VEEProcessor: Processor {
    public typealias Configuration = VEEConfiguration

    public static let name = "vee"
    public static let stateVersion: UInt32 = 7
    public static let inputTopic = "meter.journal"
    public static let outputTopics = ["meter.validated", "meter.exceptions", "meter.commands"]
    public static let counterNames = VEECounter.allCases.map(\.name)

    static let validatedOutput = 0
    static let exceptionsOutput = 1
    static let commandsOutput = 2

    let configuration: VEEConfiguration
    let partition: Int32
    var timeline: RuleTimeline
    var watermark = Watermark()
    /// The latest receive time seen, ms since 1970.
    var streamMilliseconds: Int64 = .min
    var meters: [MeterState] = []
    var series: [Series] = []
    /// Orders to estimate, in the order in which they came.
    var forced: [ForceRecord] = []
    /// By station, in the order in which the stations appeared.
    var weather: [WeatherRecord] = []
    var storms = StormTable()

    // What follows from the state and is not part of it.
    var meterIndex: [String: Int] = [:]
    var calendars: CalendarTable
    /// By series: the watermark at which it must be looked at. Never later than really due.
    var dueAt: [Int64] = []
    var earliestDue = Int64.max
    var resolved = ResolvedTable()

    public init(configuration: VEEConfiguration, partition: Int32) {
        self.configuration = configuration
        self.partition = partition
        self.timeline = RuleTimeline(
            default: configuration.defaultRules,
            maximumCount: configuration.limits.maximumRuleSets
        )
        self.calendars = CalendarTable(configuration.zones, configuration.limits)
    }

    /// Limits, and the rules before the first activation. Zones are left out: a new edition of the time zone database changes few days
    /// of few zones, and days that were decided stay as they were put out.
    public static func fingerprint(of configuration: VEEConfiguration) -> UInt64 {
        var fingerprint = ConfigurationFingerprint()
        fingerprint.add("\(configuration.limits)")
        fingerprint.add(configuration.defaultRules.version)
        return fingerprint.value
    }

    public var stateSizes: [(name: String, count: Int)] {
        var slots = 0
        var cold = 0
        var coldBytes = 0
        var references = 0
        var windows = 0
        var exceptions = 0
        for one in series {
            slots += one.slots.count
            cold += one.cold.count
            coldBytes += one.cold.bytes.count
            references += one.references.count
            windows += one.windows.count
            exceptions += one.exceptions.count
        }
        return [
            ("meters", meters.count), ("series", series.count), ("slots", slots), ("cold_slots", cold),
            ("cold_bytes", coldBytes), ("references", references),
            ("windows", windows), ("open_exceptions", exceptions), ("rule_sets", timeline.entries.count),
            ("force_estimates", forced.count), ("weather_stations", weather.count), ("groups", storms.groups.count),
            ("storms", storms.groups.reduce(0) { $0 + $1.storms.count }),
        ]
    }

    public mutating func fold(
        _ batch: borrowing InputBatch,
        _ range: Range<Int>,
        into effects: inout Effects
    ) throws(ProcessorFault) {
        for index in range {
            let entry = batch.entries[index]
            if entry.isTombstone { continue }
            let event: JournalEvent
            do {
                event = try JournalEvent(batch.bytes, entry.value)
            } catch {
                throw ProcessorFault(
                    partition: batch.partition(of: index),
                    offset: entry.offset,
                    reason: error.description
                )
            }
            fold(event, at: entry.timestampMilliseconds, &effects)
        }
    }

    private mutating func fold(_ event: JournalEvent, at recordMilliseconds: Int64, _ effects: inout Effects) {
        streamMilliseconds = max(streamMilliseconds, event.raw.receivedAtMilliseconds)
        watermark.observe(event.raw)
        if case .tick(let tick) = event.body {
            streamMilliseconds = max(streamMilliseconds, tick.timeMilliseconds)
            watermark.observe(tick)
        }
        var context = FoldContext(
            raw: event.raw,
            recordMilliseconds: recordMilliseconds,
            decidedAtMilliseconds: streamMilliseconds,
            watermarkMilliseconds: watermark.milliseconds,
            limits: configuration.limits,
            timeline: timeline,
            meter: "",
            key: [],
            zone: ""
        )
        judgeStorms(context)
        switch event.body {
        case .intervalBlock(let block): take(block, &context, &effects)
        case .registerReads(let reads): take(reads, &context, &effects)
        case .meterUpserted(let registration): take(registration, &context, &effects)
        case .deviceEvents(let events): take(events, &context, &effects)
        case .manualEdit(let edit): take(edit, &context, &effects)
        case .forceEstimate(let order): take(order, &context, &effects)
        case .weather(let readings): take(readings, &context, &effects)
        case .ruleSetActivated(let activation): activate(activation, &context, &effects)
        case .tick, .unknown: break
        }
        estimateWhatWaited(&context, &effects)
        closeWhatIsDue(&context, &effects)
    }

    /// Looks at every series whose time has come, meter by meter, in the order in which the meters first appeared.
    private mutating func closeWhatIsDue(_ context: inout FoldContext, _ effects: inout Effects) {
        guard let now = watermark.milliseconds, now >= earliestDue else { return }
        var due: [Int] = []
        for index in series.indices where dueAt[index] <= now { due.append(series[index].meter) }
        // By meter and not by the series that is due: after a restart all are looked at.
        due.sort()
        var last = -1
        for meter in due where meter != last {
            last = meter
            enter(meter, &context)
            // Channels of a meter that are due together are judged together: rules look from one to the other.
            for index in meters[meter].series where dueAt[index] <= now {
                dueAt[index] = advance(index, Series.IntakeResult(), &context)
            }
            settleSharedChannels(of: meter, &context)
            review(meter, &context, &effects)
        }
        earliestDue = dueAt.min() ?? .max
    }

    /// Decides what changed in a series of the meter in hand, and what is due.
    mutating func advance(_ index: Int, _ result: Series.IntakeResult, _ context: inout FoldContext) -> Int64 {
        lend(checkOf: index, &context)
        defer { context.check = nil }
        let zone = meters[series[index].meter].calendar
        let interval = series[index].intervalSeconds
        if series[index].isDaily {
            return series[index].advance(result, local(context, index), &calendars[zone, interval])
        }
        return series[index].advance(result, context, &calendars[zone, interval])
    }

    /// Makes a meter the one in hand.
    func enter(_ meter: Int, _ context: inout FoldContext) {
        context.meter = meters[meter].name
        context.key = meters[meter].key
        context.wall = calendars[meters[meter].calendar].rules
        context.zone = context.wall.identifier
        context.facts = meters[meter].facts
        context.storms = storms.days(of: meters[meter].group)
    }

    /// The index of a meter, made known when it is new; nil when there are too many.
    mutating func meterSlot(_ name: String) -> Int? {
        if let index = meterIndex[name] { return index }
        guard meters.count < configuration.limits.maximumSeries else { return nil }
        meters.append(MeterState(name: name))
        meterIndex[name] = meters.count - 1
        if !forced.isEmpty { renewFacts(meters.count - 1) }
        return meters.count - 1
    }

    mutating func setDue(_ series: Int, _ milliseconds: Int64) {
        dueAt[series] = milliseconds
        earliestDue = min(earliestDue, milliseconds)
    }
}
