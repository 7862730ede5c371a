import MeterCore
import MeterEvents
import StreamCore
package import VEE

/// What the real VEE processor makes of a year of one meter, sent day by day as a head-end does.
package struct FoldedYear: Sendable {
    /// By interval of the year.
    package private(set) var values: [Int64]
    /// `Quality.rawValue`; `none` where nothing came out.
    package private(set) var qualities: [UInt8]
    /// `EstimationMethod.rawValue`.
    private(set) var methods: [UInt8]
    /// Bit n: rule n found something with severity warn or fail.
    private(set) var findings: [UInt64]
    /// Exceptions that are open in the end.
    private(set) var exceptions: [ExceptionKey: VeeException] = [:]

    static let none: UInt8 = 255

    struct ExceptionKey: Hashable, Sendable {
        var windowStart: Int64
        var rule: UInt32
    }

    /// A block's facts beside its values.
    package struct DayFacts: Sendable {
        /// Of the device's clock against the true time.
        package var clockOffsetSeconds: Int64 = 0
    }

    private static let channel = "1-0:1.8.0"

    /// - Parameters:
    ///   - year: nil values are not sent.
    ///   - facts: by the index of the day from the first interval on.
    package init(
        _ year: MeteredYear,
        configuration: VEEConfiguration,
        facts: [Int: DayFacts] = [:]
    ) throws(AccuracyError) {
        values = Array(repeating: 0, count: year.count)
        qualities = Array(repeating: Self.none, count: year.count)
        methods = Array(repeating: 0, count: year.count)
        findings = Array(repeating: 0, count: year.count)
        var processor = VEEProcessor(configuration: configuration, partition: 0)
        var effects = Effects(
            outputs: VEEProcessor.outputTopics.map { Effects.Output(topic: $0, partitionCount: 1) },
            counterCount: VEEProcessor.counterNames.count
        )
        var batch = InputBatch()
        var offset: Int64 = 0
        let daySlots = Int(86_400 / year.intervalSeconds)
        for start in stride(from: 0, to: year.count, by: daySlots) {
            let range = start..<min(start + daySlots, year.count)
            Self.append(year, range, facts[start / daySlots] ?? DayFacts(), &offset, to: &batch)
        }
        Self.appendEnd(year, &offset, to: &batch)
        do {
            try processor.fold(batch, 0..<batch.count, into: &effects)
            try take(effects, of: year)
        } catch let fault as ProcessorFault {
            throw .processor("\(fault)")
        } catch {
            throw .processor("\(error)")
        }
    }

    private static func append(
        _ year: MeteredYear,
        _ range: Range<Int>,
        _ facts: DayFacts,
        _ offset: inout Int64,
        to batch: inout InputBatch
    ) {
        let received = (year.start(of: range.upperBound) + 3600) * 1000
        var qualities: [UInt8] = []
        var values: [Int64] = []
        for index in range {
            values.append(year.billionths[index] ?? 0)
            qualities.append(year.billionths[index] == nil ? IntervalBlock.noRecord : Quality.raw.rawValue)
        }
        var block = IntervalBlock(
            meter: year.meter,
            channel: channel,
            unit: .kilowattHour,
            zone: year.zone,
            start: Instant(secondsSinceEpoch: year.start(of: range.lowerBound)),
            intervalSeconds: Int32(year.intervalSeconds),
            billionths: values,
            qualities: qualities
        )
        block.meterClock = Instant(secondsSinceEpoch: received / 1000 + facts.clockOffsetSeconds)
        append(.intervalBlock(block), received, &offset, to: &batch)
        let tick = Tick(rawPartition: 0, rawPartitionCount: 1, timeMilliseconds: received)
        append(.tick(tick), received, &offset, to: &batch)
    }

    /// Time goes on until everything is closed.
    private static func appendEnd(_ year: MeteredYear, _ offset: inout Int64, to batch: inout InputBatch) {
        let late = (year.start(of: year.count) + 30 * 86_400) * 1000
        append(
            .tick(Tick(rawPartition: 0, rawPartitionCount: 1, timeMilliseconds: late)),
            late,
            &offset,
            to: &batch
        )
    }

    private static func append(
        _ body: JournalEvent.Body,
        _ milliseconds: Int64,
        _ offset: inout Int64,
        to batch: inout InputBatch
    ) {
        let raw = RawReference(
            lane: .interval,
            partition: 0,
            offset: offset,
            receivedAtMilliseconds: milliseconds,
            payloadHigh: 0,
            payloadLow: UInt64(offset)
        )
        var bytes: [UInt8] = []
        JournalEvent(raw: raw, body: body).append(to: &bytes)
        let slot = batch.slot(of: TopicPartition(VEEProcessor.inputTopic, 0))
        let key: [UInt8] = [0]
        batch.append(
            slot: slot,
            offset: offset,
            timestampMilliseconds: milliseconds,
            key: key.span,
            value: bytes.span
        )
        offset += 1
    }

    private mutating func take(_ effects: Effects, of year: MeteredYear) throws(EventError) {
        for entry in effects.entries {
            switch effects.outputs[entry.output].topic {
            case "meter.validated": take(try ValidatedIntervals(effects.bytes, entry.value), of: year)
            case "meter.exceptions": take(try VeeException(effects.bytes, entry.value))
            default: break
            }
        }
    }

    private mutating func take(_ versions: ValidatedIntervals, of year: MeteredYear) {
        guard versions.count > 0, let first = year.index(of: versions.start.secondsSinceEpoch) else { return }
        for index in 0..<min(versions.count, year.count - first) {
            values[first + index] = versions.billionths[index]
            qualities[first + index] = versions.qualities[index]
            methods[first + index] = versions.methods[index]
            findings[first + index] = 0
        }
        for finding in versions.findings where finding.severity != .info && finding.rule < 64 {
            for index in Int(finding.first)..<Int(finding.first + finding.count) where first + index < year.count {
                findings[first + index] |= 1 << UInt64(finding.rule)
            }
        }
    }

    private mutating func take(_ exception: VeeException) {
        let key = ExceptionKey(windowStart: exception.windowStart.secondsSinceEpoch, rule: exception.rule)
        exceptions[key] = exception.isOpen ? exception : nil
    }
}
