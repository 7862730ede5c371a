import MeterCore
import MeterEvents
import MeterFormats

/// Cuts the readings of one payload into journal events: one `IntervalBlock` per series where the intervals allow it, one
/// `RegisterReads` per register.
enum JournalAssembly {
    struct Body {
        var meter: String
        var event: JournalEvent.Body
    }

    /// Slots of one block; keeps a record well below the topic's message limit.
    static let maxSlotsPerBlock = 20_000
    /// A hole of up to this many intervals is kept inside a block as `noRecord` slots; a longer one starts a new block.
    static let maxBridgedSlots = 96

    /// - Parameter source: who sent the payload.
    static func bodies(of readings: ReadingBatch, source: String) -> [Body] {
        var result: [Body] = []
        result.reserveCapacity(readings.series.count + readings.registers.count)
        // What is known of a meter stands before its readings, should both be in one payload.
        for meter in readings.meters { result.append(Body(meter: meter.meter, event: .meterUpserted(meter))) }
        for series in readings.series { append(series, of: readings, source, to: &result) }
        for register in readings.registers { append(register, source, to: &result) }
        for edit in readings.edits { result.append(Body(meter: edit.meter, event: .manualEdit(edit))) }
        for order in readings.forceEstimates where order.group.isEmpty {
            for meter in order.meters {
                var own = order
                own.meters = [meter]
                result.append(Body(meter: meter, event: .forceEstimate(own)))
            }
        }
        return result
    }

    /// What concerns every partition: orders for groups, weather, and the rule set with its version.
    static func broadcasts(of readings: ReadingBatch, ruleSetVersion: String) -> [JournalEvent.Body] {
        var result: [JournalEvent.Body] = []
        for order in readings.forceEstimates where !order.group.isEmpty { result.append(.forceEstimate(order)) }
        for weather in readings.weather { result.append(.weather(weather)) }
        if let rules = readings.ruleSet {
            result.append(
                .ruleSetActivated(
                    RuleSetActivation(
                        version: ruleSetVersion,
                        json: rules.json,
                        effectiveFrom: rules.effectiveFrom
                    )
                )
            )
        }
        return result
    }

    private static func append(
        _ series: ReadingBatch.Series,
        of readings: ReadingBatch,
        _ source: String,
        to result: inout [Body]
    ) {
        var index = series.values.lowerBound
        while index < series.values.upperBound {
            var block = emptyBlock(series, endSecond: readings.endSeconds[index])
            block.source = source
            block.sourceVersion = readings.sourceVersion[index]
            var hasStatus = false
            var hasFlags = false
            repeat {
                block.billionths.append(readings.billionths[index])
                block.qualities.append(readings.quality[index])
                block.sourceStatus.append(readings.sourceStatus[index])
                block.flags.append(readings.flags[index])
                hasStatus = hasStatus || readings.sourceStatus[index] != 0
                hasFlags = hasFlags || readings.flags[index] != 0
                index += 1
            } while bridge(&block, to: index, in: series, of: readings)
            if !hasStatus { block.sourceStatus = [] }
            if !hasFlags { block.flags = [] }
            result.append(Body(meter: series.meter, event: .intervalBlock(block)))
        }
    }

    private static func emptyBlock(_ series: ReadingBatch.Series, endSecond: Int64) -> IntervalBlock {
        var block = IntervalBlock(
            meter: series.meter,
            channel: series.channel,
            unit: series.unit,
            zone: series.zone,
            start: Instant(secondsSinceEpoch: endSecond - Int64(series.intervalSeconds)),
            intervalSeconds: series.intervalSeconds,
            billionths: [],
            qualities: []
        )
        block.meterClock = series.meterClock
        block.multiplierBillionths = series.multiplierBillionths
        block.frameCounter = series.frameCounter
        block.zoneOrigin = series.zoneOrigin
        return block
    }

    /// Whether the interval at `index` goes on the block; fills the hole before it, if there is one.
    private static func bridge(
        _ block: inout IntervalBlock,
        to index: Int,
        in series: ReadingBatch.Series,
        of readings: ReadingBatch
    ) -> Bool {
        guard index < series.values.upperBound, readings.sourceVersion[index] == block.sourceVersion else {
            return false
        }
        let step = Int64(series.intervalSeconds)
        let start = readings.endSeconds[index] - step
        let distance = start - block.end.secondsSinceEpoch
        guard distance >= 0, distance % step == 0, distance / step <= Int64(maxBridgedSlots) else { return false }
        let hole = Int(distance / step)
        guard block.count + hole < maxSlotsPerBlock else { return false }
        for _ in 0..<hole {
            block.billionths.append(0)
            block.qualities.append(IntervalBlock.noRecord)
            block.sourceStatus.append(0)
            block.flags.append(0)
        }
        return true
    }

    private static func append(_ register: RegisterRead, _ source: String, to result: inout [Body]) {
        var at: [Instant] = []
        var billionths: [Int64] = []
        // Each reading keeps its own quality: the estimate of one is no word about the other.
        var qualities: [UInt8] = []
        if let previous = register.previousIndex {
            at.append(register.from)
            qualities.append((register.previousQuality ?? .raw).rawValue)
            billionths.append(previous.billionths)
        }
        if let current = register.currentIndex {
            at.append(register.to)
            qualities.append(register.quality.rawValue)
            billionths.append(current.billionths)
        }
        var reads = RegisterReads(
            meter: register.meter,
            channel: register.channel,
            unit: register.unit,
            at: at,
            billionths: billionths,
            qualities: qualities
        )
        reads.source = source
        reads.sourceVersion = register.sourceVersion
        if register.sourceStatus != 0 || register.previousSourceStatus != 0 {
            if register.previousIndex != nil { reads.sourceStatus.append(register.previousSourceStatus) }
            if register.currentIndex != nil { reads.sourceStatus.append(register.sourceStatus) }
        }
        reads.touCode = register.touCode
        reads.meterClock = register.meterClock
        if let quantity = register.quantity {
            reads.advance = RegisterReads.Advance(
                from: register.from,
                to: register.to,
                billionths: quantity.billionths
            )
        }
        result.append(Body(meter: register.meter, event: .registerReads(reads)))
    }
}
