import MeterCore
import MeterEvents
import RuleSets
public import StreamCore

extension VEEProcessor {
    public func encodeState(into bytes: inout [UInt8]) {
        var writer = CompactWriter(appendingTo: bytes)
        bytes = []
        watermark.encode(into: &writer)
        writer.append(streamMilliseconds)
        writer.append(count: timeline.entries.count - 1)
        for entry in timeline.entries.dropFirst() {
            writer.append(entry.effectiveFrom)
            writer.append(entry.rules.version)
            writer.append(entry.json)
            entry.raw?.encode(into: &writer)
        }
        writer.append(count: meters.count)
        for meter in meters { meter.encode(into: &writer) }
        writer.append(count: series.count)
        for one in series { one.encode(into: &writer) }
        writer.append(count: forced.count)
        for order in forced { order.encode(into: &writer) }
        writer.append(count: weather.count)
        for station in weather { station.encode(into: &writer) }
        storms.encode(into: &writer)
        bytes = writer.bytes
    }

    public init(configuration: VEEConfiguration, partition: Int32, state: Span<UInt8>) throws(StateError) {
        self.init(configuration: configuration, partition: partition)
        var reader = CompactReader()
        watermark = try Watermark(&reader, state)
        streamMilliseconds = try reader.integer(state)
        try restoreTimeline(&reader, state)
        let meterCount = try reader.count(state)
        for _ in 0..<meterCount {
            var meter = try MeterState(&reader, state)
            meter.calendar = calendars.index(of: meter.zoneName) ?? 0
            guard meterIndex.updateValue(meters.count, forKey: meter.name) == nil else {
                throw .malformed("a meter twice")
            }
            meters.append(meter)
        }
        let seriesCount = try reader.count(state)
        for index in 0..<seriesCount {
            var one = try Series(&reader, state, meterCount: meterCount)
            _ = one.adopt(timeline, meters[one.meter], &resolved)
            meters[one.meter].series.append(index)
            series.append(one)
        }
        let forcedCount = try reader.count(state)
        for _ in 0..<forcedCount { forced.append(try ForceRecord(&reader, state)) }
        let weatherCount = try reader.count(state)
        for _ in 0..<weatherCount { weather.append(try WeatherRecord(&reader, state)) }
        storms = try StormTable(&reader, state)
        for meter in meters.indices {
            meters[meter].group = storms.group(meters[meter].registration?.group ?? "", isNew: false)
            renewFacts(meter)
        }
        guard reader.position == state.count else { throw .malformed("bytes after the end") }
        // Looked at with the first watermark: what is due is closed already, so nothing comes of it but the times.
        dueAt = Array(repeating: .min, count: series.count)
        earliestDue = series.isEmpty ? .max : .min
    }

    private mutating func restoreTimeline(_ reader: inout CompactReader, _ state: Span<UInt8>) throws(StateError) {
        let count = try reader.count(state)
        for _ in 0..<count {
            let effectiveFrom: Int64 = try reader.integer(state)
            let version = try reader.text(state)
            let json = try reader.text(state)
            let raw = try RawReference(&reader, state)
            let rules: RuleSet
            do {
                rules = try RuleSet(json: json, version: version)
            } catch {
                throw .malformed("a rule set: \(error)")
            }
            _ = timeline.activate(
                RuleTimeline.Entry(effectiveFrom: effectiveFrom, raw: raw, json: json, rules: rules)
            )
        }
    }
}
