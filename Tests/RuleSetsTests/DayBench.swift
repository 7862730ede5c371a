import MeterCore
import MeterEvents
import RuleSets

/// Days for rules to judge. Values are in units, nil for missing.
enum DayBench {
    static let unit = Quantity.scale
    /// Monday, 2024-01-01 in UTC.
    static let monday: Int64 = 1_704_067_200

    static func billionths(_ value: Double) -> Int64 { Int64((value * 1_000_000_000).rounded()) }

    static func view(
        _ values: [Double?],
        interval: Int64 = 900,
        unit: MeasurementUnit = .kilowattHour,
        quality: Quality = .raw,
        flags: [Int: IntervalFlags] = [:],
        start: Int64 = monday,
        dayStart: Int64 = monday,
        isClosed: Bool = true,
        previous: Double? = nil,
        outages: [Range<Int64>] = [],
        tests: [Range<Int64>] = [],
        staleAt: [Int64] = [],
        history: [Double]? = nil,
        channel: ChannelRegistration? = nil,
        meter: MeterRegistration? = nil,
        _ rules: RuleParameters = RuleParameters()
    ) -> DayView {
        var bits = [UInt16](repeating: 0, count: flags.isEmpty ? 0 : values.count)
        for (slot, flag) in flags { bits[slot] = flag.rawValue }
        return DayView(
            values: values.map { billionths($0 ?? 0) },
            qualities: values.map { ($0 == nil ? Quality.missing : quality).rawValue },
            flags: bits,
            elements: 0..<values.count,
            start: start,
            dayStart: dayStart,
            dayEnd: dayStart + Int64(values.count) * interval,
            intervalSeconds: interval,
            unit: unit,
            isClosed: isClosed,
            previous: previous.map { (start: start - interval, value: billionths($0)) },
            limits: SlotLimits(
                rules,
                channel: "E1",
                unit: unit,
                intervalSeconds: interval,
                registration: channel,
                meter: meter
            ),
            outages: outages,
            tests: tests,
            staleAt: staleAt,
            history: history.map { PeakHistory($0.map(billionths)) }
        )
    }

    /// What the rules say about a day.
    static func judge(_ view: DayView, _ rules: RuleParameters = RuleParameters()) -> [RuleFinding] {
        var findings: [RuleFinding] = []
        rules.judgeIntervals(view, &findings)
        return findings
    }

    static func finding(
        _ rule: UInt32,
        _ severity: Severity,
        _ effect: Effect,
        _ first: Int,
        _ count: Int = 1,
        observed: Double,
        limit: Double = 0
    ) -> RuleFinding {
        RuleFinding(
            rule: rule,
            severity: severity,
            effect: effect,
            first: first,
            count: count,
            observedBillionths: billionths(observed),
            limitBillionths: billionths(limit)
        )
    }

    static func meter(_ change: (inout MeterRegistration) -> Void = { _ in }) -> MeterRegistration {
        var meter = MeterRegistration(meter: "m", zone: "UTC")
        change(&meter)
        return meter
    }

    static func channel(
        _ kind: ChannelRegistration.Kind = .delivered,
        _ name: String = "E1",
        unit: MeasurementUnit = .kilowattHour,
        _ change: (inout ChannelRegistration) -> Void = { _ in }
    ) -> ChannelRegistration {
        var channel = ChannelRegistration(channel: name, unit: unit)
        channel.kind = kind
        channel.intervalSeconds = 900
        change(&channel)
        return channel
    }
}
