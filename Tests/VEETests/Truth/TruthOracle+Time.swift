import MeterCore
import MeterEvents

/// Where elements lie, and which zone a meter has.
extension TruthOracle {
    /// The slot of an element of a block. Which dates daily values are of, the zone of the block says; when these begin, that of the meter.
    static func place(_ block: IntervalBlock, _ index: Int, _ zone: ZoneRules, _ meterZone: ZoneRules) -> Slot {
        let interval = Int64(block.intervalSeconds)
        let start = block.start.secondsSinceEpoch
        guard interval == 86_400 else {
            let at = onGrid(start, interval) + Int64(index) * interval
            return Slot(
                grid: Grid(interval: interval, phase: modulo(at, interval)),
                start: at,
                end: at + interval
            )
        }
        var wall = start + Int64(zone.offsetSeconds(at: block.start))
        let rest = modulo(wall, 86_400)
        if rest <= 7200 { wall -= rest }
        if rest >= 86_400 - 7200 { wall += 86_400 - rest }
        let phase = modulo(wall, 86_400)
        let date = Int32((wall - phase) / 86_400) + Int32(index)
        return Slot(
            grid: Grid(interval: interval, phase: phase),
            start: instant(of: CivilDate(daysSinceEpoch: date), Int(phase), meterZone),
            end: instant(of: CivilDate(daysSinceEpoch: date + 1), Int(phase), meterZone)
        )
    }

    /// The days of an element that is longer than one: dates from the one it begins on until the clock has gone on as long as it lasts. Each has
    /// what is left for the days up to it, to the nearest billionth.
    static func days(
        of block: IntervalBlock,
        _ index: Int,
        _ raw: RawReference,
        _ zone: ZoneRules,
        _ meterZone: ZoneRules
    ) -> [(Slot, Word)] {
        let start = block.start + Int64(index) * Int64(block.intervalSeconds)
        let end = start + Int64(block.intervalSeconds)
        let clock = Int(block.intervalSeconds) + zone.offsetSeconds(at: end) - zone.offsetSeconds(at: start)
        let count = Int((Double(clock) / 86_400).rounded())
        var daily = block
        daily.start = start
        daily.intervalSeconds = 86_400
        var word = Self.word(block, index, raw)
        let isMeasured = word.rank >= Quality.questionable.rawValue
        if isMeasured { word.rank = Quality.estimatedScaled.rawValue }
        let value = word.value
        var parts: [(Slot, Word)] = []
        for day in 0..<count {
            func until(_ days: Int) -> Int64 {
                let twice = 2 * value * Int64(days)
                return (twice + Int64(count)) / (2 * Int64(count))
            }
            word.value = until(day + 1) - until(day)
            parts.append((place(daily, day, zone, meterZone), word))
        }
        return parts
    }

    /// The nearest multiple of what divides both a quarter-hour and the interval, where the start is close to it.
    static func onGrid(_ start: Int64, _ interval: Int64) -> Int64 {
        let unit = unit(of: interval)
        let tolerance = min(60, interval / 10, (unit - 1) / 2)
        let after = modulo(start, unit)
        if after <= tolerance { return start - after }
        if unit - after <= tolerance { return start + unit - after }
        return start
    }

    static func unit(of interval: Int64) -> Int64 {
        var (left, right) = (interval, Int64(900))
        while right != 0 { (left, right) = (right, left % right) }
        return left
    }

    /// When the wall clock shows a second of a date: the first time where it does so twice, the jump where it never does.
    static func instant(of date: CivilDate, _ second: Int, _ zone: ZoneRules) -> Int64 {
        switch zone.resolve(date: date, secondOfDay: second) {
        case .unique(let instant): instant.secondsSinceEpoch
        case .ambiguous(let earlier, _): earlier.secondsSinceEpoch
        case .skipped(let transition): transition.secondsSinceEpoch
        }
    }

    /// The local day that an instant lies in.
    static func window(of instant: Int64, _ zone: ZoneRules) -> Range<Int64> {
        let date = zone.localDate(of: Instant(secondsSinceEpoch: instant))
        let next = CivilDate(daysSinceEpoch: date.daysSinceEpoch + 1)
        return zone.dayStart(of: date).secondsSinceEpoch..<zone.dayStart(of: next).secondsSinceEpoch
    }

    /// Registry, then stated, then the default of the format, then nobody; of equal ones the later payload, then the greater name.
    static func zonesOfMeters(_ events: [JournalEvent], _ zones: ZoneCatalog) -> [String: ZoneRules] {
        struct Claim {
            var firmness: Int
            var raw: RawReference
            var name: String

            func beats(_ other: Claim) -> Bool {
                if firmness != other.firmness { return firmness > other.firmness }
                if raw.supersedes(other.raw) { return true }
                if other.raw.supersedes(raw) { return false }
                return name > other.name
            }
        }
        var best: [String: Claim] = [:]
        // What a lock holds only the registry moves.
        var locked: Set<String> = []
        for event in events {
            let meter: String
            let claim: Claim
            switch event.body {
            case .manualEdit(let edit):
                if edit.action == .lock { locked.insert(edit.meter) }
                continue
            case .intervalBlock(let block):
                if locked.contains(block.meter), best[block.meter] != nil { continue }
                // One without any record says nothing.
                guard block.qualities.contains(where: { $0 != IntervalBlock.noRecord }) else { continue }
                meter = block.meter
                claim = Claim(firmness: block.zoneOrigin.firmness, raw: event.raw, name: block.zone)
            case .meterUpserted(let registration):
                meter = registration.meter
                claim = Claim(firmness: ZoneOrigin.registry.firmness, raw: event.raw, name: registration.zone)
            default: continue
            }
            if let other = best[meter], !claim.beats(other) { continue }
            best[meter] = claim
        }
        return best.mapValues { zones[$0.name] ?? .utc }
    }
}
