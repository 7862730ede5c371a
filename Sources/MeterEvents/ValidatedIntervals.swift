public import MeterCore

/// New versions of consecutive intervals of one channel, and the state of their window. Slot `i` ends at
/// `start + (i + 1) * intervalSeconds`.
public struct ValidatedIntervals: Sendable, Equatable {
    public var meter: String
    public var channel: String
    public var unit: MeasurementUnit
    public var zone: String
    public var start: Instant
    public var intervalSeconds: Int32
    /// In billionths of the unit; 0 and without meaning where the quality is `.missing`.
    public var billionths: [Int64]
    /// `Quality.rawValue` per slot, or `ValidatedIntervals.withdrawn`.
    public var qualities: [UInt8]
    /// `EstimationMethod.rawValue` per slot.
    public var methods: [UInt8]
    /// Version number of each slot's value, from 1.
    public var revisions: [UInt32]
    /// Run-length: which raw event each slot comes from. Counts add up to the number of slots.
    public var provenance: [Provenance]
    public var findings: [Finding]
    /// Version of the rule set that decided.
    public var ruleSet: String
    /// Stream time of the decision, ms since 1970-01-01T00:00:00Z.
    public var decidedAtMilliseconds: Int64
    public var window: WindowState?
    /// Register readings that follow from the channel's intervals, new or changed.
    public var registers: [DerivedRegister]
    /// What became of the values that a payload offered for this channel.
    public var fates: [BlockFate] = []

    /// The quality byte of a slot at which no reading is in force any more: another one of the channel holds its time.
    public static let withdrawn: UInt8 = 254

    public init(
        meter: String,
        channel: String,
        unit: MeasurementUnit,
        zone: String,
        start: Instant,
        intervalSeconds: Int32,
        billionths: [Int64],
        qualities: [UInt8],
        methods: [UInt8],
        revisions: [UInt32],
        provenance: [Provenance],
        findings: [Finding],
        ruleSet: String,
        decidedAtMilliseconds: Int64,
        window: WindowState?,
        registers: [DerivedRegister] = []
    ) {
        self.meter = meter
        self.channel = channel
        self.unit = unit
        self.zone = zone
        self.start = start
        self.intervalSeconds = intervalSeconds
        self.billionths = billionths
        self.qualities = qualities
        self.methods = methods
        self.revisions = revisions
        self.provenance = provenance
        self.findings = findings
        self.ruleSet = ruleSet
        self.decidedAtMilliseconds = decidedAtMilliseconds
        self.window = window
        self.registers = registers
    }

    public var count: Int { billionths.count }
}

/// A run of slots that come from one raw event.
public struct Provenance: Sendable, Equatable {
    public var count: UInt32
    public var raw: RawReference

    public init(count: UInt32, raw: RawReference) {
        self.count = count
        self.raw = raw
    }
}

/// How grave a finding is.
public enum Severity: UInt8, Sendable, CaseIterable {
    case info = 1
    case warn = 2
    case fail = 3

    public var name: String {
        switch self {
        case .info: "info"
        case .warn: "warn"
        case .fail: "fail"
        }
    }
}

/// What a rule said about slots `first ..< first + count`.
public struct Finding: Sendable, Equatable {
    public var first: UInt32
    public var count: UInt32
    /// 19 for V19.
    public var rule: UInt32
    public var severity: Severity
    /// What was seen, in billionths of the rule's own unit.
    public var observedBillionths: Int64
    /// What was allowed, in billionths of the rule's own unit.
    public var limitBillionths: Int64

    public init(
        first: UInt32,
        count: UInt32,
        rule: UInt32,
        severity: Severity,
        observedBillionths: Int64,
        limitBillionths: Int64
    ) {
        self.first = first
        self.count = count
        self.rule = rule
        self.severity = severity
        self.observedBillionths = observedBillionths
        self.limitBillionths = limitBillionths
    }
}

/// A window of one channel, the local day where nothing else is configured, counted.
public struct WindowState: Sendable, Equatable {
    public var start: Instant
    public var end: Instant
    /// Slots in the window.
    public var expected: UInt32
    public var validated: UInt32
    public var estimated: UInt32
    public var failed: UInt32
    public var missing: UInt32
    /// Not arrived and not due yet.
    public var pending: UInt32
    public var isClosed: Bool
    public var revision: UInt32
    /// Sum of the values in the window, failed ones apart, in billionths of the unit.
    public var sumBillionths: Int64
    /// Sum of the failed values in the window, in billionths of the unit.
    public var failedSumBillionths: Int64 = 0
    /// The gravest finding about the window or its intervals.
    public var grade: Severity?
    /// Some of it came later than the kept history reaches, so that it was checked with what was still known.
    public var isBeyondHistory = false

    public init(start: Instant, end: Instant, expected: UInt32) {
        self.start = start
        self.end = end
        self.expected = expected
        self.validated = 0
        self.estimated = 0
        self.failed = 0
        self.missing = 0
        self.pending = 0
        self.isClosed = false
        self.revision = 0
        self.sumBillionths = 0
    }
}
