import MeterCore
public import MeterEvents

/// V02, meter time.
///
/// Definition: the clock of the meter must be in step with that of the gateway, data can't be measured before it has happened, and what the
/// device says of its own clock counts.
///
/// Formula: with `offset = meter clock - receive time`, the clock is wrong when `offset > aheadSeconds` or `-offset > behindSeconds`,
/// strictly. It is a warning, and a failure from half an interval on. A payload that ends more than `futureSeconds` after its
/// receive time, or starts more than `pastDays` before it, is refused with `ERR_VEE_TIME_02` (inconsistent timestamp). In both cases the
/// setting of the clock is proposed. An interval with the flag `clockInvalid` is questionable; `clockAdjusted` is told.
///
/// Parameters: `enabled`, `severity` of the flag `clockInvalid` (warn), `aheadSeconds` (180), `behindSeconds` (900: a payload may take
/// minutes from the meter to the gateway), `failIntervalPercent` (50), `futureSeconds` (300), `pastDays` (0: any age).
///
/// Source: California DASMMD "time tolerance check"; 180 s are from memory of it.
public struct ClockRule: Sendable, Equatable {
    public static let number: UInt32 = 2
    public static let exceptionCode = "ERR_VEE_TIME_02"
    static let flags: IntervalFlags = [.clockInvalid, .clockAdjusted]

    public var isEnabled = true
    public var severity = Severity.warn
    public var aheadSeconds: Int64 = 180
    public var behindSeconds: Int64 = 900
    /// In billionths of a percent.
    public var failIntervalPercentBillionths: Int64 = 50 * Quantity.scale
    public var futureSeconds: Int64 = 300
    public var pastDays: Int64 = 0

    public init() {}

    func judge(_ day: DayView, _ findings: inout [RuleFinding]) {
        guard isEnabled else { return }
        day.find(
            .clockInvalid,
            rule: Self.number,
            severity,
            Effect(severity, isEstimated: false),
            &findings
        )
        day.find(.clockAdjusted, without: .clockInvalid, rule: Self.number, .info, .note, &findings)
    }

    func judge(_ payload: PayloadView, _ findings: inout [PayloadFinding]) {
        guard isEnabled else { return }
        let received = payload.receivedAtMilliseconds.flooredQuotient(1000)
        if let refusal = refusal(payload, received) {
            findings.append(refusal)
            return
        }
        guard let clock = payload.meterClock else { return }
        let (offset, overflow) = clock.subtractingReportingOverflow(received)
        let magnitude = overflow ? Int64.max : Int64(clamping: offset.magnitude)
        let limit = offset > 0 ? aheadSeconds : behindSeconds
        guard magnitude > limit else { return }
        let part = Int128(payload.intervalSeconds) * Int128(failIntervalPercentBillionths)
        let isGrave = part > 0 && Int128(magnitude) * 100 * Int128(Quantity.scale) >= part
        findings.append(finding(isGrave ? .fail : .warn, .setClock, offset, limit))
    }

    private func refusal(_ payload: PayloadView, _ received: Int64) -> PayloadFinding? {
        let (ahead, overflow) = payload.end.subtractingReportingOverflow(received)
        if overflow || ahead > futureSeconds {
            return finding(.fail, .refuse, overflow ? .max : ahead, futureSeconds)
        }
        let limit = pastDays * 86_400
        let (age, isBeyond) = received.subtractingReportingOverflow(payload.start)
        guard limit > 0, isBeyond || age > limit else { return nil }
        return finding(.fail, .refuse, isBeyond ? .min : -age, -limit)
    }

    private func finding(
        _ severity: Severity,
        _ action: PayloadFinding.Action,
        _ observedSeconds: Int64,
        _ limitSeconds: Int64
    ) -> PayloadFinding {
        PayloadFinding(
            rule: Self.number,
            severity: severity,
            action: action,
            observedBillionths: Int64(clamping: Int128(observedSeconds) * Int128(Quantity.scale)),
            limitBillionths: limitSeconds * Quantity.scale
        )
    }
}

extension ClockRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Clock of the meter, and data from the future.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
            .whole("aheadSeconds", 0...86_400, "Tolerance, s.") { $1(&$0.aheadSeconds) },
            .whole("behindSeconds", 0...604_800, "Tolerance with the way of the payload, s.") { $1(&$0.behindSeconds) },
            .number("failIntervalPercent", .percents, "Share of an interval from which on it fails, percent.") {
                $1(&$0.failIntervalPercentBillionths)
            },
            .whole("futureSeconds", 0...3_024_000, "Data that ends later after its receive time is refused, s.") {
                $1(&$0.futureSeconds)
            },
            .whole(
                "pastDays",
                0...36_500,
                "Data that starts earlier before its receive time is refused, days; 0: any age is taken."
            ) { $1(&$0.pastDays) },
        ]
    }

    static func words(ofIntervals finding: FindingFigures) -> String? {
        "are marked by the device: \(finding.flags)"
    }

    static func words(of finding: FindingFigures) -> String? {
        "inconsistent timestamp: \(finding.whole) s from the receive time, \(finding.wholeLimit) s are allowed"
    }
}
