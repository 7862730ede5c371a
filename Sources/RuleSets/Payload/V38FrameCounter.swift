import MeterCore
public import MeterEvents

/// V38, frame counter and replay.
///
/// Definition: the invocation counter of a meter's ciphered frames only rises. A frame with a counter that was there before is a replay
/// or a cloned meter. It is a security event; the raw payload stays in the log.
///
/// Formula: refused when `counter <= last counter`, where both are known. "Last" is the greatest counter of the frames received before
/// this one; the payload that brought it is not judged against itself.
///
/// Parameters: `enabled`, `severity` (fail: refused; warn, info: told).
///
/// Source: DLMS UA Green Book, security suite 0, invocation counter.
public struct FrameCounterRule: Sendable, Equatable {
    public static let number: UInt32 = 38
    public static let exceptionCode = "ERR_VEE_REPLAY_38"

    public var isEnabled = true
    public var severity = Severity.fail

    public init() {}

    func judge(_ payload: PayloadView, _ findings: inout [PayloadFinding]) {
        guard isEnabled, payload.frameCounter > 0, payload.lastFrameCounter > 0,
            payload.frameCounter <= payload.lastFrameCounter
        else { return }
        findings.append(
            PayloadFinding(
                rule: Self.number,
                severity: severity,
                action: severity == .fail ? .refuse : .note,
                observedBillionths: Self.billionths(payload.frameCounter),
                limitBillionths: Self.billionths(payload.lastFrameCounter)
            )
        )
    }

    /// Counters have 32 bits; a greater one is cut at what fits.
    private static func billionths(_ counter: UInt64) -> Int64 {
        Int64(clamping: UInt128(counter) * UInt128(Quantity.scale))
    }
}

extension FrameCounterRule: Rule {
    static var parameters: [RuleParameter<Self>] {
        [
            .enabled("Frame counters that do not rise.") { $1(&$0.isEnabled) },
            .severity { $1(&$0.severity) },
        ]
    }

    static func words(of finding: FindingFigures) -> String? {
        "frame counter \(finding.whole) after \(finding.wholeLimit): a replay"
    }
}
