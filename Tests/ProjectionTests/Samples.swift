import MeterCore
import MeterEvents
import StreamCore

/// Events and batches to project.
enum Samples {
    /// 2026-03-01T00:00:00Z
    static let day = Instant(secondsSinceEpoch: 1_772_323_200)
    static let received: Int64 = 1_772_410_000_000

    static func raw(_ offset: Int64 = 7, receivedAt: Int64 = received, payload: UInt64 = 1) -> RawReference {
        RawReference(
            lane: .interval,
            partition: 2,
            offset: offset,
            receivedAtMilliseconds: receivedAt,
            payloadHigh: payload,
            payloadLow: 9
        )
    }

    /// Quarter-hours of one meter from `start`.
    static func intervals(
        meter: String = "M-1",
        channel: String = "kwh_import",
        start: Instant = day,
        values: [Int64],
        quality: Quality = .validated,
        method: EstimationMethod = .none,
        revision: UInt32 = 1,
        findings: [Finding] = [],
        raw: RawReference = raw(),
        zone: String = "Europe/Berlin",
        window: WindowState? = nil,
        registers: [DerivedRegister] = []
    ) -> ValidatedIntervals {
        ValidatedIntervals(
            meter: meter,
            channel: channel,
            unit: .kilowattHour,
            zone: zone,
            start: start,
            intervalSeconds: 900,
            billionths: values,
            qualities: values.map { _ in quality.rawValue },
            methods: values.map { _ in method.rawValue },
            revisions: values.map { _ in revision },
            provenance: values.isEmpty ? [] : [Provenance(count: UInt32(values.count), raw: raw)],
            findings: findings,
            ruleSet: "default-1",
            decidedAtMilliseconds: received + 5,
            window: window,
            registers: registers
        )
    }

    static func window(sum: Int64, expected: UInt32 = 96, missing: UInt32 = 0, revision: UInt32 = 1) -> WindowState {
        // The local day of Berlin.
        var window = WindowState(start: day + -3600, end: day + 82_800, expected: expected)
        window.validated = expected - missing
        window.missing = missing
        window.isClosed = true
        window.revision = revision
        window.sumBillionths = sum
        return window
    }

    /// What the register would read at the end of Berlin's local day.
    static func derived(
        _ value: Int64,
        at instant: Instant = day + 82_800,
        quality: Quality = .derived,
        revision: UInt32 = 1
    ) -> DerivedRegister {
        DerivedRegister(
            at: instant,
            billionths: quality == .missing ? 0 : value,
            quality: quality,
            revision: revision,
            baseAt: day + -7200,
            baseBillionths: 1_000_000_000,
            baseRaw: raw(5),
            intervals: 96,
            estimated: 3
        )
    }

    /// A record with nothing but register readings, as VEE puts them out.
    static func registers(_ registers: [DerivedRegister], meter: String = "M-1") -> [UInt8] {
        encoded(intervals(meter: meter, start: registers[0].at, values: [], registers: registers))
    }

    static func encoded(_ event: ValidatedIntervals) -> [UInt8] {
        var bytes: [UInt8] = []
        event.append(to: &bytes)
        return bytes
    }

    /// A batch of one partition whose offsets begin at `first`.
    static func batch(_ values: [[UInt8]], topic: String = "meter.validated", first: Int64 = 0) -> InputBatch {
        var batch = InputBatch()
        let slot = batch.slot(of: TopicPartition(topic, 0))
        let key: [UInt8] = []
        for (index, value) in values.enumerated() {
            batch.append(
                slot: slot,
                offset: first + Int64(index),
                timestampMilliseconds: received,
                key: key.span,
                value: value.span
            )
        }
        return batch
    }
}
