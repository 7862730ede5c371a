import MeterCore
import MeterEvents
import StreamCore

extension Series {
    func encode(into writer: inout CompactWriter) {
        writer.append(count: meter)
        writer.append(channel)
        writer.append(unit.rawValue)
        writer.append(intervalSeconds)
        writer.append(phase)
        writer.append(firstKnown)
        writer.append(dataEnd)
        writer.append(lastArrivalMilliseconds)
        writer.append(expectedUntil)
        writer.append(closedThrough)
        writer.append(forgottenBelow)
        writer.append(unsigned: UInt64(forgottenRevision))
        writer.append(unsigned: UInt64(withdrawnRevision))
        writer.append(count: referenceLimit)
        writer.append(count: references.count)
        for reference in references {
            reference.raw.encode(into: &writer)
            writer.append(reference.sourceVersion)
        }
        slots.encode(into: &writer)
        writer.append(count: spikes.count)
        for spike in spikes {
            writer.append(spike.slot)
            writer.append(spike.severity.rawValue)
            writer.append(spike.observedBillionths)
            writer.append(spike.limitBillionths)
        }
        writer.append(count: windows.count)
        for window in windows { window.encode(into: &writer) }
        writer.append(count: exceptions.count)
        for exception in exceptions { exception.encode(into: &writer) }
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>, meterCount: Int) throws(StateError) {
        let meter = try reader.unsigned(bytes)
        guard meter < UInt64(meterCount) else { throw .malformed("a series of no meter") }
        let channel = try reader.text(bytes)
        guard let unit = MeasurementUnit(rawValue: try reader.byte(bytes)) else { throw .malformed("a unit") }
        let interval: Int64 = try reader.integer(bytes)
        let phase: Int64 = try reader.integer(bytes)
        guard (1...86_400).contains(interval), (0..<interval).contains(phase) else { throw .malformed("an interval") }
        self.init(meter: Int(meter), channel: channel, unit: unit, intervalSeconds: interval, phase: phase)
        firstKnown = try reader.integer(bytes)
        dataEnd = try reader.integer(bytes)
        lastArrivalMilliseconds = try reader.integer(bytes)
        expectedUntil = try reader.integer(bytes)
        closedThrough = try reader.integer(bytes)
        forgottenBelow = try reader.integer(bytes)
        forgottenRevision = try reader.unsigned32(bytes)
        withdrawnRevision = try reader.unsigned32(bytes)
        referenceLimit = Int(clamping: try reader.unsigned(bytes))
        let referenceCount = try reader.count(bytes)
        for _ in 0..<referenceCount {
            let raw = try RawReference(&reader, bytes)
            references.append(Reference(raw: raw, sourceVersion: try reader.integer(bytes)))
        }
        slots = try SlotStore(&reader, bytes, referenceCount: referenceCount)
        let spikeCount = try reader.count(bytes)
        for _ in 0..<spikeCount { spikes.append(try SpikeMark(&reader, bytes)) }
        let windowCount = try reader.count(bytes)
        for _ in 0..<windowCount { windows.append(try WindowRecord(&reader, bytes)) }
        let exceptionCount = try reader.count(bytes)
        for _ in 0..<exceptionCount { exceptions.append(try OpenException(&reader, bytes)) }
    }
}

extension Series.SpikeMark {
    fileprivate init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        slot = try reader.integer(bytes)
        guard let severity = Severity(rawValue: try reader.byte(bytes)) else { throw .malformed("a severity") }
        self.severity = severity
        observedBillionths = try reader.integer(bytes)
        limitBillionths = try reader.integer(bytes)
    }
}

extension Series.WindowRecord {
    fileprivate func encode(into writer: inout CompactWriter) {
        writer.append(start)
        writer.append(end &- start)
        for number in [expected, validated, estimated, failed, missing, revision] {
            writer.append(unsigned: UInt64(number))
        }
        writer.append(sumBillionths)
    }

    fileprivate init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        start = try reader.integer(bytes)
        let length: Int64 = try reader.integer(bytes)
        end = start &+ length
        expected = try reader.unsigned32(bytes)
        validated = try reader.unsigned32(bytes)
        estimated = try reader.unsigned32(bytes)
        failed = try reader.unsigned32(bytes)
        missing = try reader.unsigned32(bytes)
        revision = try reader.unsigned32(bytes)
        sumBillionths = try reader.integer(bytes)
    }
}
