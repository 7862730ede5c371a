import MeterCore
import MeterEvents
import RuleSets
import VEE

/// Events for tests: one raw partition unless said otherwise.
enum Events {
    static let unit: Int64 = 1_000_000_000
    /// 2026-01-05T00:00:00Z, a Monday.
    static let monday: Int64 = 1_767_571_200
    static let day: Int64 = 86_400

    static func raw(_ seconds: Int64, id: UInt64 = 0, partition: Int32 = 0) -> RawReference {
        RawReference(
            lane: .interval,
            partition: partition,
            offset: Int64(id),
            receivedAtMilliseconds: seconds * 1000,
            payloadHigh: id,
            payloadLow: ~id
        )
    }

    static func tick(_ seconds: Int64, partition: Int32 = 0, of count: Int32 = 1) -> JournalEvent {
        JournalEvent(
            raw: raw(seconds, id: 999_999, partition: partition),
            body: .tick(
                Tick(rawPartition: partition, rawPartitionCount: count, timeMilliseconds: seconds * 1000)
            )
        )
    }

    /// Values in kWh; nil: the source had no record.
    static func block(
        _ start: Int64,
        _ values: [Double?],
        interval: Int32 = 900,
        received: Int64? = nil,
        id: UInt64 = 1,
        meter: String = "m1",
        channel: String = "E1",
        unit: MeasurementUnit = .kilowattHour,
        zone: String = "UTC",
        quality: Quality = .raw,
        status: [UInt16] = [],
        version: Int64 = 0,
        partition: Int32 = 0
    ) -> JournalEvent {
        let end = start + Int64(values.count) * Int64(interval)
        let block = IntervalBlock(
            meter: meter,
            channel: channel,
            unit: unit,
            zone: zone,
            start: Instant(secondsSinceEpoch: start),
            intervalSeconds: interval,
            billionths: values.map { billionths($0 ?? 0) },
            qualities: values.map { $0 == nil ? IntervalBlock.noRecord : quality.rawValue },
            sourceStatus: status,
            sourceVersion: version
        )
        return JournalEvent(raw: raw(received ?? end, id: id, partition: partition), body: .intervalBlock(block))
    }

    static func registry(_ zone: String, received: Int64, id: UInt64 = 50, meter: String = "m1") -> JournalEvent {
        JournalEvent(
            raw: raw(received, id: id),
            body: .meterUpserted(MeterRegistration(meter: meter, zone: zone))
        )
    }

    static func rules(_ version: String, _ json: String, from: Int64, received: Int64, id: UInt64 = 70) -> JournalEvent
    {
        JournalEvent(
            raw: raw(received, id: id),
            body: .ruleSetActivated(
                RuleSetActivation(version: version, json: json, effectiveFrom: Instant(secondsSinceEpoch: from))
            )
        )
    }

    static func billionths(_ value: Double) -> Int64 { Int64((value * 1_000_000_000).rounded()) }

    /// A day of quarter-hours with the same value in each.
    static func flat(_ count: Int, _ value: Double = 1) -> [Double?] { Array(repeating: value, count: count) }
}

extension RuleSet {
    /// The default rules with no estimation but E1 to two hours.
    static var linearOnly: RuleSet {
        var rules = RuleSet.default1
        rules.base.estimation.order = [EstimationParameters.Step(.linear, maximumGapSeconds: 7200)]
        return rules
    }
}

extension VEEConfiguration {
    static func linearOnly(_ limits: VEELimits = VEELimits()) -> VEEConfiguration {
        VEEConfiguration(zones: ZoneCatalog(), defaultRules: .linearOnly, limits: limits)
    }
}
