import HTTPServing
import MeterCore
import MeterEvents
import StreamCore

/// One record of a topic as a line for people or programs.
struct RecordText {
    let topic: String

    func text(_ batch: borrowing InputBatch, _ index: Int, asJSON: Bool) -> String {
        var json = JSONText()
        json.beginObject()
        let entry = batch.entries[index]
        json.member("partition", Int64(batch.partition(of: index).partition))
        json.member("offset", entry.offset)
        json.member("timestamp", Instant(secondsSinceEpoch: entry.timestampMilliseconds / 1000).description)
        json.member("key", String(decoding: batch.bytes[entry.key], as: UTF8.self))
        if entry.isTombstone {
            json.name("value")
            json.null()
        } else {
            appendValue(batch, index, to: &json)
        }
        json.endObject()
        let line = String(decoding: json.bytes, as: UTF8.self)
        return asJSON ? line : "\(batch.partition(of: index)) \(entry.offset)  \(line)"
    }

    private func appendValue(_ batch: borrowing InputBatch, _ index: Int, to json: inout JSONText) {
        let range = batch.entries[index].value
        do throws(EventError) {
            switch topic {
            case "meter.journal": append(try JournalEvent(batch.bytes, range), to: &json)
            case "meter.validated": append(try ValidatedIntervals(batch.bytes, range), to: &json)
            case "meter.exceptions": append(try VeeException(batch.bytes, range), to: &json)
            case "meter.payloads": append(try PayloadOutcomeEvent(batch.bytes, range), to: &json)
            case "meter.deadletter": append(try DeadLetterEvent(batch.bytes, range), to: &json)
            case "meter.alarms.p0", "meter.alarms.p1", "meter.alarms.p2", "meter.alarms.p3":
                append(try AlarmEvent(batch.bytes, range), to: &json)
            default: appendEnvelope(batch, index, to: &json)
            }
        } catch {
            json.member("undecodable", "\(error)")
            json.member("bytes", Int64(range.count))
        }
    }

    /// A topic without a schema of ours: headers and size.
    private func appendEnvelope(_ batch: borrowing InputBatch, _ index: Int, to json: inout JSONText) {
        json.name("headers")
        json.beginObject()
        for header in batch.headers[batch.entries[index].headers] {
            json.member(
                String(decoding: batch.bytes[header.name], as: UTF8.self),
                String(decoding: batch.bytes[header.value], as: UTF8.self)
            )
        }
        json.endObject()
        json.member("bytes", Int64(batch.entries[index].value.count))
    }

    func append(_ raw: RawReference, named name: String = "raw", to json: inout JSONText) {
        json.name(name)
        json.beginObject()
        json.member("topic", raw.lane.topic)
        json.member("partition", Int64(raw.partition))
        json.member("offset", raw.offset)
        json.member("receivedAt", Instant(secondsSinceEpoch: raw.receivedAtMilliseconds / 1000).description)
        json.endObject()
    }

    private func append(_ event: JournalEvent, to json: inout JSONText) {
        append(event.raw, to: &json)
        switch event.body {
        case .intervalBlock(let block):
            json.member("kind", "interval_block")
            appendSeries(
                block.meter,
                block.channel,
                block.unit,
                block.start,
                block.intervalSeconds,
                block.billionths,
                block.qualities,
                to: &json
            )
        case .registerReads(let reads):
            json.member("kind", "register_reads")
            json.member("meter", reads.meter)
            json.member("channel", reads.channel)
            json.member("reads", Int64(reads.at.count))
        case .meterUpserted(let meter):
            json.member("kind", "meter_upserted")
            json.member("meter", meter.meter)
            json.member("zone", meter.zone)
            json.member("group", meter.group)
            json.member("status", meter.status.name)
            json.member("channels", Int64(meter.channels.count))
        case .deviceEvents(let events):
            json.member("kind", "device_events")
            json.member("meter", events.meter)
            json.member("events", Int64(events.events.count))
        case .manualEdit(let edit):
            json.member("kind", "manual_edit")
            json.member("meter", edit.meter)
            json.member("channel", edit.channel)
            json.member("start", edit.start.description)
            json.member("end", edit.end.description)
            json.member("action", edit.action.name)
            json.member("user", edit.user)
            json.member("reason", edit.reason)
        case .forceEstimate(let order):
            json.member("kind", "force_estimate")
            json.member("group", order.group)
            json.member("meters", Int64(order.meters.count))
            json.member("from", order.from.description)
            json.member("to", order.to.description)
            json.member("user", order.user)
            json.member("reason", order.reason)
        case .weather(let weather):
            json.member("kind", "weather_readings")
            json.member("station", weather.station)
            json.member("start", weather.start.description)
            json.member("values", Int64(weather.milliDegreesCelsius.count))
        case .ruleSetActivated(let rules):
            json.member("kind", "rule_set_activated")
            json.member("version", rules.version)
            json.member("effectiveFrom", rules.effectiveFrom.description)
        case .tick(let tick):
            json.member("kind", "tick")
            json.member("rawPartition", Int64(tick.rawPartition))
            json.member("time", Instant(secondsSinceEpoch: tick.timeMilliseconds / 1000).description)
        case .unknown:
            json.member("kind", "unknown")
        }
    }

    private func append(_ event: ValidatedIntervals, to json: inout JSONText) {
        appendSeries(
            event.meter,
            event.channel,
            event.unit,
            event.start,
            event.intervalSeconds,
            event.billionths,
            event.qualities,
            to: &json
        )
        json.member("ruleSet", event.ruleSet)
        json.name("revisions")
        json.beginArray()
        for revision in event.revisions { json.number(Int64(revision)) }
        json.endArray()
        json.name("findings")
        json.beginArray()
        for finding in event.findings { json.string("V\(finding.rule) \(finding.severity.name)") }
        json.endArray()
        if let window = event.window {
            json.name("window")
            json.beginObject()
            json.member("start", window.start.description)
            json.member("end", window.end.description)
            json.member("expected", Int64(window.expected))
            json.member("validated", Int64(window.validated))
            json.member("estimated", Int64(window.estimated))
            json.member("failed", Int64(window.failed))
            json.member("missing", Int64(window.missing))
            json.member("closed", window.isClosed)
            json.member("grade", window.grade?.name ?? "none")
            json.endObject()
        }
        if !event.fates.isEmpty {
            json.name("fates")
            json.beginArray()
            for fate in event.fates { append(fate, to: &json) }
            json.endArray()
        }
        if event.registers.isEmpty { return }
        json.name("registers")
        json.beginArray()
        for register in event.registers { append(register, to: &json) }
        json.endArray()
    }

    private func append(_ register: DerivedRegister, to json: inout JSONText) {
        json.beginObject()
        json.member("at", register.at.description)
        json.name("value")
        if register.quality == .missing {
            json.null()
        } else {
            json.raw(Quantity(billionths: register.billionths).description)
        }
        json.member("quality", register.quality.name)
        json.member("revision", Int64(register.revision))
        json.member("from", register.baseAt.description)
        json.name("fromValue")
        json.raw(Quantity(billionths: register.baseBillionths).description)
        json.member("intervals", Int64(register.intervals))
        json.member("estimated", Int64(register.estimated))
        append(register.baseRaw, to: &json)
        json.endObject()
    }

    private func appendSeries(
        _ meter: String,
        _ channel: String,
        _ unit: MeasurementUnit,
        _ start: Instant,
        _ intervalSeconds: Int32,
        _ billionths: [Int64],
        _ qualities: [UInt8],
        to json: inout JSONText
    ) {
        json.member("meter", meter)
        json.member("channel", channel)
        json.member("unit", unit.symbol)
        json.member("start", start.description)
        json.member("intervalSeconds", Int64(intervalSeconds))
        json.name("values")
        json.beginArray()
        for (value, quality) in zip(billionths, qualities) {
            let isEmpty = quality == IntervalBlock.noRecord || quality == ValidatedIntervals.withdrawn
            if quality == Quality.missing.rawValue || isEmpty {
                json.null()
            } else {
                json.raw(Quantity(billionths: value).description)
            }
        }
        json.endArray()
        json.name("qualities")
        json.beginArray()
        for quality in qualities {
            let other = quality == ValidatedIntervals.withdrawn ? "withdrawn" : "no_record"
            json.string(Quality(rawValue: quality)?.name ?? other)
        }
        json.endArray()
    }

    private func append(_ event: VeeException, to json: inout JSONText) {
        json.member("meter", event.meter)
        json.member("channel", event.channel)
        json.member("rule", "V\(event.rule)")
        json.member("severity", event.severity.name)
        json.member("open", event.isOpen)
        json.member("window", event.windowStart.description)
        json.member("firstInterval", event.firstIntervalStart.description)
        json.member("intervals", Int64(event.intervalCount))
        json.member("code", event.code)
        json.member("reason", event.reason)
        json.member("ruleSet", event.ruleSet)
    }

    private func append(_ event: AlarmEvent, to json: inout JSONText) {
        json.member("id", event.id)
        json.member("meter", event.meter)
        json.member("meaning", event.meaning)
        json.member("priority", Int64(event.priority))
        json.member("sourceCode", event.sourceCode)
        json.member("eventType", event.eventType)
        json.member("occurredAt", Instant(secondsSinceEpoch: event.occurredAtMilliseconds / 1000).description)
        json.member("text", event.text)
        append(event.raw, to: &json)
    }
}
