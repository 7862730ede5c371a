public import MeterCore

/// The readings of one payload, as a struct of arrays that a decoder fills and its owner clears and uses again.
///
/// Invariant: `endSeconds`, `billionths`, `quality`, `sourceStatus`, `sourceVersion` and `flags` have the same count, and the
/// `values` ranges of `series` cover their indices in ascending order without overlap.
public struct ReadingBatch: Sendable {
    /// A run of interval values of one meter and channel.
    public struct Series: Equatable, Sendable {
        public var meter: String
        /// OBIS reduced id such as `1-0:1.8.0`, or the source's own channel name (NEM12 suffix `E1`).
        public var channel: String
        public var unit: MeasurementUnit
        /// The zone the source keeps its days in: an IANA identifier, `UTC`, or an offset such as `+10:00`.
        public var zone: String
        /// Where `zone` comes from.
        public var zoneOrigin: ZoneOrigin
        /// Whole days (a multiple of 86,400) are days of the zone's calendar and may last an hour more or less.
        public var intervalSeconds: Int32
        /// The meter's serial number where the source names it, else empty.
        public var serial: String
        /// The source's description of the channel set-up (NEM12 NMIConfiguration), else empty.
        public var configuration: String
        /// Indices into the arrays of the batch.
        public var values: Range<Int>
        /// The device's own clock when it made the payload.
        public var meterClock: Instant?
        /// What the values were multiplied by, in billionths; 0 when the source does not say.
        public var multiplierBillionths: Int64 = 0
        /// The sender's frame or invocation counter; 0 when it has none.
        public var frameCounter: UInt64 = 0
    }

    /// A rule set to put into force.
    public struct RuleSet: Equatable, Sendable {
        /// The text, byte for byte.
        public var json: String
        /// Data time from which it holds.
        public var effectiveFrom: Instant
    }

    /// A line or element that was left out; the rest of the payload is good.
    public struct Reject: Equatable, Sendable {
        /// 1-based line of a text format, 1-based element of a JSON list.
        public var line: Int
        public var byteOffset: Int
        public var code: DecodeCode
        public var reason: String
    }

    public var series: [Series] = []
    /// The start of each interval plus the series' interval length, seconds since 1970-01-01T00:00:00Z: its end, but for whole days in a
    /// zone whose clock changes, where the start is a local midnight and the true end is the next. Consecutive within a series only where
    /// the source is (see `runEnd`).
    public var endSeconds: [Int64] = []
    /// Billionths of the series' unit; 0 where `quality` is `missing`.
    public var billionths: [Int64] = []
    /// `Quality.rawValue`.
    public var quality: [UInt8] = []
    /// The source's own status in a number that the format documents; 0 where it gives none.
    public var sourceStatus: [UInt16] = []
    /// Orders several versions of one interval from one source (NEM12 UpdateDateTime as seconds since 1970); 0 where the
    /// source has no versions.
    public var sourceVersion: [Int64] = []
    /// `IntervalFlags.rawValue`.
    public var flags: [UInt16] = []

    public var registers: [RegisterRead] = []
    public var events: [DeviceEvent] = []
    public var meters: [MeterRegistration] = []
    public var edits: [ManualEdit] = []
    public var forceEstimates: [ForceEstimate] = []
    public var weather: [WeatherReadings] = []
    public var ruleSet: RuleSet?

    /// The first `rejectLimit` rejects.
    public private(set) var rejects: [Reject] = []
    /// All rejects, kept or not.
    public private(set) var rejectCount = 0

    /// How many rejects are kept.
    public static let rejectLimit = 100

    public init() {}

    /// Empties the batch and keeps its memory.
    public mutating func removeAll() {
        series.removeAll(keepingCapacity: true)
        truncate(values: 0)
        registers.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
        meters.removeAll(keepingCapacity: true)
        edits.removeAll(keepingCapacity: true)
        forceEstimates.removeAll(keepingCapacity: true)
        weather.removeAll(keepingCapacity: true)
        ruleSet = nil
        rejects.removeAll(keepingCapacity: true)
        rejectCount = 0
    }

    /// Interval values in the batch.
    public var valueCount: Int { endSeconds.count }

    /// What is in it besides readings of meters: registry entries, edits, orders, events, weather, rule sets.
    public var factCount: Int {
        events.count + meters.count + edits.count + forceEstimates.count + weather.count + (ruleSet == nil ? 0 : 1)
    }

    public var isEmpty: Bool { hasNothingUsable && rejectCount == 0 }

    private var hasNothingUsable: Bool {
        series.isEmpty && registers.isEmpty && events.isEmpty && meters.isEmpty && edits.isEmpty
            && forceEstimates.isEmpty && weather.isEmpty && ruleSet == nil
    }

    /// The end of the run of consecutive intervals (each ending one interval length after the one before) that starts at
    /// `index` in a series.
    public func runEnd(from index: Int, in series: Series) -> Int {
        let step = Int64(series.intervalSeconds)
        var next = index + 1
        while next < series.values.upperBound, endSeconds[next] - endSeconds[next - 1] == step { next += 1 }
        return next
    }

    /// Adds one interval value; it belongs to no series until a series' range names it.
    @inline(__always)
    mutating func append(
        endSecond: Int64,
        billionths: Int64,
        quality: Quality,
        sourceStatus: UInt16 = 0,
        sourceVersion: Int64 = 0
    ) {
        endSeconds.append(endSecond)
        self.billionths.append(billionths)
        self.quality.append(quality.rawValue)
        self.sourceStatus.append(sourceStatus)
        self.sourceVersion.append(sourceVersion)
        flags.append(0)
    }

    mutating func reserve(values count: Int) {
        endSeconds.reserveCapacity(count)
        billionths.reserveCapacity(count)
        quality.reserveCapacity(count)
        sourceStatus.reserveCapacity(count)
        sourceVersion.reserveCapacity(count)
        flags.reserveCapacity(count)
    }

    /// Drops the values from `count` on.
    mutating func truncate(values count: Int) {
        let surplus = endSeconds.count - count
        guard surplus > 0 else { return }
        endSeconds.removeLast(surplus)
        billionths.removeLast(surplus)
        quality.removeLast(surplus)
        sourceStatus.removeLast(surplus)
        sourceVersion.removeLast(surplus)
        flags.removeLast(surplus)
    }

    /// Takes values out; series that have none left go with them.
    mutating func remove(_ gone: Set<Int>) {
        var next = 0
        for index in series.indices {
            let first = next
            for value in series[index].values where !gone.contains(value) {
                endSeconds[next] = endSeconds[value]
                billionths[next] = billionths[value]
                quality[next] = quality[value]
                sourceStatus[next] = sourceStatus[value]
                sourceVersion[next] = sourceVersion[value]
                flags[next] = flags[value]
                next += 1
            }
            series[index].values = first..<next
        }
        truncate(values: next)
        series.removeAll { $0.values.isEmpty }
    }

    /// Gives the values from `mark` on consecutive ends.
    mutating func setEnds(from mark: Int, first: Int64, step: Int64) {
        var end = first
        for index in mark..<endSeconds.count {
            endSeconds[index] = end
            end += step
        }
    }

    /// Gives a value the source's quality; a value that is not there stays missing, and a missing one has no value.
    mutating func setQuality(_ quality: Quality, at index: Int) {
        guard self.quality[index] != Quality.missing.rawValue else { return }
        self.quality[index] = quality.rawValue
        if quality == .missing { billionths[index] = 0 }
    }

    /// Gives a value the quality and status of an AEMO quality method.
    mutating func setSource(_ source: NEMQuality, at index: Int) {
        sourceStatus[index] = source.status
        flags[index] = source.reason == 0 ? 0 : IntervalFlags(nem12Reason: source.reason).rawValue
        setQuality(source.quality, at: index)
    }

    mutating func reject(_ error: DecodeError, line: Int) {
        rejectCount += 1
        guard rejects.count < Self.rejectLimit else { return }
        rejects.append(Reject(line: line, byteOffset: error.byteOffset, code: error.code, reason: error.reason))
    }

    /// Puts the rejects that are kept in the order of their lines, and those of a line in the order in which they came.
    mutating func sortRejects() {
        let order = rejects.indices.sorted { (rejects[$0].line, $0) < (rejects[$1].line, $1) }
        rejects = order.map { rejects[$0] }
    }

    /// A payload of which nothing is left but rejects is a dead letter of its own.
    func refuseIfAllRejected() throws(DecodeError) {
        guard let first = rejects.first, hasNothingUsable else { return }
        let more = rejectCount > 1 ? " (and \(rejectCount - 1) more; nothing was usable)" : ""
        throw DecodeError(first.code, first.reason + more, line: first.line, byteOffset: first.byteOffset)
    }
}
