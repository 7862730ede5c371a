import MeterCore
import MeterEvents

/// Events about a meter besides its intervals.
extension Events {
    /// Quarter-hours with flags at some slots.
    static func flagged(
        _ start: Int64,
        _ values: [Double?],
        _ flags: [Int: IntervalFlags],
        received: Int64? = nil,
        id: UInt64 = 1
    ) -> JournalEvent {
        let event = block(start, values, received: received, id: id)
        guard case .intervalBlock(var block) = event.body else { return event }
        block.flags = values.indices.map { flags[$0]?.rawValue ?? 0 }
        return JournalEvent(raw: event.raw, body: .intervalBlock(block))
    }

    static func edit(
        _ action: ManualEdit.Action,
        _ start: Int64,
        _ end: Int64,
        received: Int64,
        id: UInt64 = 300,
        meter: String = "m1",
        channel: String = "E1"
    ) -> JournalEvent {
        JournalEvent(
            raw: raw(received, id: id),
            body: .manualEdit(
                ManualEdit(
                    meter: meter,
                    channel: channel,
                    start: Instant(secondsSinceEpoch: start),
                    end: Instant(secondsSinceEpoch: end),
                    action: action,
                    user: "u1",
                    reason: "for the test"
                )
            )
        )
    }

    static func values(_ start: Int64, _ values: [Double], received: Int64, id: UInt64 = 310) -> JournalEvent {
        edit(
            .setValues(intervalSeconds: 900, billionths: values.map { billionths($0) }),
            start,
            start + Int64(values.count) * 900,
            received: received,
            id: id
        )
    }

    static func force(
        _ from: Int64,
        _ to: Int64,
        group: String = "",
        meters: [String] = [],
        received: Int64,
        id: UInt64 = 320
    ) -> JournalEvent {
        JournalEvent(
            raw: raw(received, id: id),
            body: .forceEstimate(
                ForceEstimate(
                    group: group,
                    meters: meters,
                    from: Instant(secondsSinceEpoch: from),
                    to: Instant(secondsSinceEpoch: to),
                    user: "u1",
                    reason: "after the flood"
                )
            )
        )
    }

    static func power(
        _ events: [(Int64, DeviceEventKind)],
        received: Int64,
        id: UInt64 = 330,
        meter: String = "m1"
    )
        -> JournalEvent
    {
        let list = events.map { DeviceEvents.Event(at: Instant(secondsSinceEpoch: $0.0), kind: $0.1, code: "") }
        return JournalEvent(
            raw: raw(received, id: id),
            body: .deviceEvents(DeviceEvents(meter: meter, events: list))
        )
    }

    /// Readings of the register of a channel, in kWh.
    static func register(
        _ readings: [(Int64, Double)],
        received: Int64,
        id: UInt64 = 340,
        meter: String = "m1",
        channel: String = "E1",
        clock: Int64? = nil
    ) -> JournalEvent {
        var reads = RegisterReads(
            meter: meter,
            channel: channel,
            unit: .kilowattHour,
            at: readings.map { Instant(secondsSinceEpoch: $0.0) },
            billionths: readings.map { billionths($0.1) },
            qualities: readings.map { _ in Quality.raw.rawValue }
        )
        reads.meterClock = clock.map { Instant(secondsSinceEpoch: $0) }
        return JournalEvent(raw: raw(received, id: id), body: .registerReads(reads))
    }

    static func registered(
        received: Int64,
        id: UInt64 = 350,
        meter: String = "m1",
        _ change: (inout MeterRegistration) -> Void
    ) -> JournalEvent {
        var registration = MeterRegistration(meter: meter, zone: "UTC")
        change(&registration)
        return JournalEvent(raw: raw(received, id: id), body: .meterUpserted(registration))
    }

    /// The same temperature for whole days, °C.
    static func weather(
        _ station: String,
        _ start: Int64,
        _ days: [Double],
        received: Int64,
        id: UInt64 = 360
    )
        -> JournalEvent
    {
        JournalEvent(
            raw: raw(received, id: id),
            body: .weather(
                WeatherReadings(
                    station: station,
                    start: Instant(secondsSinceEpoch: start),
                    intervalSeconds: 3600,
                    milliDegreesCelsius: days.flatMap { Array(repeating: Int32($0 * 1000), count: 24) }
                )
            )
        )
    }
}
