import MeterCore
import MeterEvents
import MeterFormats

/// What a payload offers: by channel in the order of the payload, intervals before registers, and in all.
struct OfferedValues {
    /// Meter and channel: what is one channel of a payload, in however many series and registers it comes.
    private struct ChannelName: Hashable {
        var meter: String
        var channel: String
    }

    /// As many as the event holds; the counts are of all. Names have at most 128 bytes, so its record stays below the topic's limit.
    private(set) var channels: [PayloadOutcomeEvent.Channel] = []
    private(set) var intervalCount: UInt64 = 0
    private(set) var registerCount: UInt64 = 0
    /// Of all channels, the ones that are left out of the list too.
    private var places: [ChannelName: Int] = [:]
    private var last: (name: ChannelName, place: Int)?

    var channelCount: Int { places.count }

    init(_ readings: ReadingBatch) {
        let count = readings.series.count + readings.registers.count
        places.reserveCapacity(count)
        channels.reserveCapacity(min(count, PayloadOutcomeEvent.maximumChannels))
        for series in readings.series where !series.values.isEmpty {
            var first = Int64.max
            var end = Int64.min
            for index in series.values {
                first = min(first, readings.endSeconds[index])
                end = max(end, readings.endSeconds[index])
            }
            add(
                PayloadOutcomeEvent.Channel(
                    meter: series.meter,
                    channel: series.channel,
                    unit: series.unit,
                    intervals: UInt32(clamping: series.values.count),
                    registers: 0,
                    from: Instant(secondsSinceEpoch: first) + -Int64(series.intervalSeconds),
                    to: Instant(secondsSinceEpoch: end)
                )
            )
        }
        for register in readings.registers {
            add(
                PayloadOutcomeEvent.Channel(
                    meter: register.meter,
                    channel: register.channel,
                    unit: register.unit,
                    intervals: 0,
                    registers: register.valueCount,
                    from: register.from,
                    to: register.to
                )
            )
        }
    }

    private mutating func add(_ channel: PayloadOutcomeEvent.Channel) {
        intervalCount += UInt64(channel.intervals)
        registerCount += UInt64(channel.registers)
        let place = place(of: channel)
        guard place < channels.count else {
            if place < PayloadOutcomeEvent.maximumChannels { channels.append(channel) }
            return
        }
        channels[place].intervals = UInt32(clamping: Int(channels[place].intervals) + Int(channel.intervals))
        channels[place].registers = UInt32(clamping: Int(channels[place].registers) + Int(channel.registers))
        channels[place].from = min(channels[place].from, channel.from)
        channels[place].to = max(channels[place].to, channel.to)
    }

    private mutating func place(of channel: PayloadOutcomeEvent.Channel) -> Int {
        // A file keeps the lines of a channel together.
        if let last, last.name.channel == channel.channel, last.name.meter == channel.meter { return last.place }
        let name = ChannelName(meter: channel.meter, channel: channel.channel)
        let next = places.count
        let place = places[name, default: next]
        if place == next { places[name] = next }
        last = (name, place)
        return place
    }
}

extension RegisterRead {
    /// Readings in it; a consumption without any is one value.
    fileprivate var valueCount: UInt32 {
        max(1, (previousIndex == nil ? 0 : 1) + (currentIndex == nil ? 0 : 1))
    }
}
