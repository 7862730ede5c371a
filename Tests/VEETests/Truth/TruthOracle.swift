import MeterCore
import MeterEvents

/// What must be in force, worked out from all events at once: small, slow, and without regard to the order of arrival.
///
/// Nothing here is shared with the processor but the calendar and the stored events. Locks are left to the checker.
struct TruthOracle {
    struct ChannelKey: Hashable, Comparable, CustomStringConvertible {
        var meter: String
        var channel: String

        static func < (left: ChannelKey, right: ChannelKey) -> Bool {
            (left.meter, left.channel) < (right.meter, right.channel)
        }

        var description: String { "\(meter)/\(channel)" }
    }

    /// A grid: intervals of one length, all off the full hour (or day) by the same.
    struct Grid: Hashable {
        var interval: Int64
        var phase: Int64
    }

    struct Slot: Hashable {
        var grid: Grid
        var start: Int64
        var end: Int64

        func overlaps(_ other: Slot) -> Bool { start < other.end && other.start < end }
        func isInside(_ other: Slot) -> Bool { start >= other.start && end <= other.end }
    }

    /// What one element of a block says.
    struct Word {
        var isFinal: Bool
        var version: Int64
        var rank: UInt8
        var raw: RawReference
        var value: Int64

        var isMissing: Bool { rank == 0 }
        var isFailed: Bool { rank == 15 }

        /// Whether it stands above another one of the same source.
        func beatsOfSameSource(_ other: Word) -> Bool {
            if isFinal != other.isFinal { return isFinal }
            if version != other.version { return version > other.version }
            return beats(other)
        }

        /// Whether it stands above one of another source.
        func beats(_ other: Word) -> Bool {
            if rank != other.rank { return rank > other.rank }
            if raw.receivedAtMilliseconds != other.raw.receivedAtMilliseconds {
                return raw.receivedAtMilliseconds > other.raw.receivedAtMilliseconds
            }
            if raw.payloadHigh != other.raw.payloadHigh { return raw.payloadHigh > other.raw.payloadHigh }
            if raw.payloadLow != other.raw.payloadLow { return raw.payloadLow > other.raw.payloadLow }
            return value > other.value
        }
    }

    /// What holds on a slot after edits, whether or not something finer stands above it.
    struct Held {
        var value: Int64
        /// Usable: neither missing nor failed nor rejected.
        var hasValue: Bool
        var isFailed: Bool
        /// A day's part of a longer value: no sum of finer values.
        var isShare = false
    }

    struct ChannelTruth {
        var held: [Slot: Held] = [:]
        var zone = ZoneRules.utc
    }

    let zones: ZoneCatalog
    private(set) var channels: [ChannelKey: ChannelTruth] = [:]
    /// Values that each payload offered, by channel and hash of the payload.
    private(set) var offered: [ChannelKey: [UInt64: Int]] = [:]
    private var words: [ChannelKey: [Slot: [String: Word]]] = [:]

    init(_ events: [JournalEvent], _ zones: ZoneCatalog) {
        self.zones = zones
        let meterZones = Self.zonesOfMeters(events, zones)
        for event in events {
            guard case .intervalBlock(let block) = event.body else { continue }
            let key = ChannelKey(meter: block.meter, channel: block.channel)
            channels[key, default: ChannelTruth()].zone = meterZones[block.meter] ?? .utc
            take(block, event.raw, key)
        }
        let edits = Self.edits(events)
        for key in channels.keys { decide(key, edits[key] ?? []) }
    }

    private mutating func take(_ block: IntervalBlock, _ raw: RawReference, _ key: ChannelKey) {
        let meterZone = channels[key]?.zone ?? .utc
        let zone = zones[block.zone] ?? meterZone
        for index in 0..<block.count where block.qualities[index] != IntervalBlock.noRecord {
            offered[key, default: [:]][raw.payloadHigh, default: 0] += 1
            if block.intervalSeconds > 86_400 {
                for (slot, word) in Self.days(of: block, index, raw, zone, meterZone) {
                    note(word, slot, block.source, key)
                }
            } else {
                note(Self.word(block, index, raw), Self.place(block, index, zone, meterZone), block.source, key)
            }
        }
    }

    private mutating func note(_ word: Word, _ slot: Slot, _ source: String, _ key: ChannelKey) {
        if let own = words[key]?[slot]?[source], !word.beatsOfSameSource(own) { return }
        words[key, default: [:]][slot, default: [:]][source] = word
    }

    static func word(_ block: IntervalBlock, _ index: Int, _ raw: RawReference) -> Word {
        let status = block.sourceStatus.isEmpty ? 0 : block.sourceStatus[index]
        let flags = IntervalFlags(rawValue: block.flags.isEmpty ? 0 : block.flags[index])
        var rank = block.qualities[index]
        if rank == Quality.raw.rawValue {
            // Below zero, an overflow, a test: checks that fail a measured value when it comes.
            let isFailed = block.billionths[index] < 0 || !flags.isDisjoint(with: [.overflow, .testMode])
            rank = isFailed ? Quality.failed.rawValue : Quality.validated.rawValue
        }
        return Word(
            isFinal: status / 10_000 == 3,
            version: block.sourceVersion,
            rank: rank,
            raw: raw,
            value: block.billionths[index]
        )
    }

    private mutating func decide(_ key: ChannelKey, _ edits: [(raw: RawReference, edit: ManualEdit)]) {
        var held: [Slot: Held] = [:]
        for (slot, bySource) in words[key] ?? [:] {
            var best: Word?
            for word in bySource.values {
                if let other = best, !word.beats(other) { continue }
                best = word
            }
            guard let best else { continue }
            held[slot] = Held(
                value: best.value,
                hasValue: !best.isMissing && !best.isFailed,
                isFailed: best.isFailed,
                isShare: best.rank == Quality.estimatedScaled.rawValue
            )
        }
        // Of two decisions about a slot the later received holds, so each takes the place of what the ones before it said. Values of a grid
        // that the channel does not have change nothing, which an exception says.
        let arrived = held
        let grids = Set((words[key] ?? [:]).keys.map(\.grid))
        for (_, edit) in edits {
            if case .setValues(let interval, let values) = edit.action {
                for (index, value) in values.enumerated() {
                    let start = edit.start.secondsSinceEpoch + Int64(index) * Int64(interval)
                    let slot = Slot(
                        grid: Grid(interval: Int64(interval), phase: Self.modulo(start, Int64(interval))),
                        start: start,
                        end: start + Int64(interval)
                    )
                    guard grids.contains(slot.grid) else { continue }
                    held[slot] = Held(value: value, hasValue: true, isFailed: false)
                }
                continue
            }
            for slot in held.keys
            where slot.start >= edit.start.secondsSinceEpoch && slot.end <= edit.end.secondsSinceEpoch {
                held[slot] = Self.after(edit.action, arrived[slot])
            }
        }
        channels[key]?.held = held
    }

    private static func after(_ action: ManualEdit.Action, _ arrived: Held?) -> Held {
        var held = arrived ?? Held(value: 0, hasValue: false, isFailed: false)
        switch action {
        case .accept where held.isFailed:
            held.hasValue = true
            held.isFailed = false
        case .reject: held.hasValue = false
        default: break
        }
        return held
    }

    /// Edits in the order in which they were received.
    private static func edits(_ events: [JournalEvent]) -> [ChannelKey: [(raw: RawReference, edit: ManualEdit)]] {
        var edits: [ChannelKey: [(raw: RawReference, edit: ManualEdit)]] = [:]
        for event in events {
            guard case .manualEdit(let edit) = event.body, edit.action != .lock, edit.action != .unlock else {
                continue
            }
            let key = ChannelKey(meter: edit.meter, channel: edit.channel)
            edits[key, default: []].append((event.raw, edit))
        }
        return edits.mapValues { $0.sorted { $1.raw.supersedes($0.raw) } }
    }

    static func modulo(_ number: Int64, _ divisor: Int64) -> Int64 {
        let rest = number % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
