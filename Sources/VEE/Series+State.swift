import MeterCore
import MeterEvents
import RuleSets
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
        own.encode(into: &writer)
        reported.encode(into: &writer)
        sharing.encode(into: &writer)
        writer.append(closedThrough)
        writer.append(forgottenBelow)
        writer.append(unsigned: UInt64(forgottenRevision))
        writer.append(unsigned: UInt64(withdrawnRevision))
        cold.encode(into: &writer)
        writer.append(slots.base)
        PackedSlots.append(slots, 0..<slots.count, references, to: &writer)
        writer.append(count: peakDays.count)
        for start in peakDays { writer.append(start) }
        writer.append(count: rivals.count)
        for rival in rivals { rival.encode(into: &writer) }
        for marks in [findings, corrections] {
            writer.append(count: marks.count)
            for mark in marks { mark.encode(into: &writer) }
        }
        writer.append(count: windows.count)
        for window in windows { window.encode(into: &writer) }
        for day in statistics { day.encode(into: &writer) }
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
        own = try KnownSpan(&reader, bytes)
        reported = try ReportedDays(&reader, bytes)
        sharing = try Sharing(&reader, bytes)
        closedThrough = try reader.integer(bytes)
        forgottenBelow = try reader.integer(bytes)
        forgottenRevision = try reader.unsigned32(bytes)
        withdrawnRevision = try reader.unsigned32(bytes)
        cold = try ColdSlots(&reader, bytes)
        let base: Int64 = try reader.integer(bytes)
        slots = try PackedSlots.read(base: base, &reader, bytes, into: &references)
        referenceLimit = max(Self.leastReferenceLimit, 2 * references.count)
        guard cold.isEmpty || cold.end == base else { throw .malformed("packed slots that do not adjoin") }
        let peakCount = try reader.count(bytes)
        for _ in 0..<peakCount { peakDays.append(try reader.integer(bytes)) }
        let rivalCount = try reader.count(bytes)
        for _ in 0..<rivalCount { rivals.append(try Rival(&reader, bytes)) }
        let findingCount = try reader.count(bytes)
        for _ in 0..<findingCount { findings.append(try SlotFinding(&reader, bytes)) }
        let correctionCount = try reader.count(bytes)
        for _ in 0..<correctionCount { corrections.append(try SlotFinding(&reader, bytes)) }
        let windowCount = try reader.count(bytes)
        windows.reserveCapacity(windowCount)
        for _ in 0..<windowCount { windows.append(try WindowRecord(&reader, bytes)) }
        statistics.reserveCapacity(windowCount)
        for _ in 0..<windowCount { statistics.append(try WindowStatistics(&reader, bytes)) }
        let exceptionCount = try reader.count(bytes)
        for _ in 0..<exceptionCount { exceptions.append(try OpenException(&reader, bytes)) }
    }
}

extension Series.SlotFinding {
    func encode(into writer: inout CompactWriter) {
        writer.append(first)
        writer.append(count)
        writer.append(unsigned: UInt64(rule))
        writer.append(severity.rawValue)
        writer.append(effect.rawValue)
        writer.append(observedBillionths)
        writer.append(limitBillionths)
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        first = try reader.integer(bytes)
        count = try reader.integer(bytes)
        rule = try reader.unsigned32(bytes)
        guard let severity = Severity(rawValue: try reader.byte(bytes)),
            let effect = Effect(rawValue: try reader.byte(bytes)), count > 0
        else { throw .malformed("a finding") }
        self.severity = severity
        self.effect = effect
        observedBillionths = try reader.integer(bytes)
        limitBillionths = try reader.integer(bytes)
    }
}

extension Series.Reference {
    func encode(into writer: inout CompactWriter) {
        raw.encode(into: &writer)
        writer.append(sourceVersion)
        writer.append(unsigned: UInt64(source))
        writer.append(Int64(shiftSeconds) * 2 + (isFinal ? 1 : 0))
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        raw = try RawReference(&reader, bytes)
        sourceVersion = try reader.integer(bytes)
        source = try reader.unsigned32(bytes)
        let marks: Int64 = try reader.integer(bytes)
        isFinal = marks & 1 != 0
        shiftSeconds = Int16(clamping: marks >> 1)
    }
}

extension Series.Rival {
    fileprivate func encode(into writer: inout CompactWriter) {
        writer.append(slot)
        writer.append(value)
        writer.append(quality)
        writer.append(unsigned: UInt64(flags))
        reference.encode(into: &writer)
    }

    fileprivate init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        slot = try reader.integer(bytes)
        value = try reader.integer(bytes)
        quality = try reader.byte(bytes)
        flags = UInt16(clamping: try reader.unsigned(bytes))
        reference = try Series.Reference(&reader, bytes)
    }
}

extension WindowStatistics {
    fileprivate func encode(into writer: inout CompactWriter) {
        for number in [
            date, days, daySeconds, longestZeroStart, longestZeroSeconds, longestUseStart, longestUseSeconds,
            outageSeconds,
        ] {
            writer.append(number)
        }
        for number in [expected, measured, estimated, projected, failed, missing, zeros] {
            writer.append(unsigned: UInt64(number))
        }
        for number in [sum, highest, least] { writer.append(number) }
    }

    fileprivate init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        let date: Int32 = try reader.integer(bytes)
        let days: Int32 = try reader.integer(bytes)
        guard (1...31).contains(days) else { throw .malformed("a window of \(days) days") }
        self.init(date: date, days: days, daySeconds: try reader.integer(bytes))
        longestZeroStart = try reader.integer(bytes)
        longestZeroSeconds = try reader.integer(bytes)
        longestUseStart = try reader.integer(bytes)
        longestUseSeconds = try reader.integer(bytes)
        outageSeconds = try reader.integer(bytes)
        expected = UInt16(clamping: try reader.unsigned(bytes))
        measured = UInt16(clamping: try reader.unsigned(bytes))
        estimated = UInt16(clamping: try reader.unsigned(bytes))
        projected = UInt16(clamping: try reader.unsigned(bytes))
        failed = UInt16(clamping: try reader.unsigned(bytes))
        missing = UInt16(clamping: try reader.unsigned(bytes))
        zeros = UInt16(clamping: try reader.unsigned(bytes))
        sum = try reader.integer(bytes)
        highest = try reader.integer(bytes)
        least = try reader.integer(bytes)
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
        writer.append(failedSumBillionths)
        writer.append(grade)
        writer.append(
            UInt8(hasGaps ? 1 : 0) | UInt8(isAllGap ? 2 : 0) | UInt8(leansOnHistory ? 4 : 0)
                | UInt8(isWaiting ? 8 : 0)
        )
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
        failedSumBillionths = try reader.integer(bytes)
        grade = try reader.byte(bytes)
        let marks = try reader.byte(bytes)
        hasGaps = marks & 1 != 0
        isAllGap = marks & 2 != 0
        leansOnHistory = marks & 4 != 0
        isWaiting = marks & 8 != 0
    }
}
