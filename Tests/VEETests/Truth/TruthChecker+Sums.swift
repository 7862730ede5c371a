import MeterCore
import MeterEvents

/// Fates, shares of coarser values, and one run against another.
extension TruthChecker {
    /// Every value offered is taken, unchanged, held or refused.
    mutating func checkFates(_ reader: TruthReader) {
        var told: [ChannelKey: [UInt64: Int]] = [:]
        for (channel, fate) in reader.fates {
            told[channel, default: [:]][fate.raw.payloadHigh, default: 0] += Int(fate.offered)
            let sum = UInt64(fate.taken) + UInt64(fate.unchanged) + UInt64(fate.held) + UInt64(fate.refused)
            if sum != UInt64(fate.offered) || fate.replaced > fate.taken {
                add(.fateUnbalanced, "\(channel): \(fate)")
            }
        }
        for channel in Set(oracle.offered.keys).union(told.keys).sorted() {
            let offered = oracle.offered[channel] ?? [:]
            let own = told[channel] ?? [:]
            for payload in Set(offered.keys).union(own.keys).sorted() where offered[payload] ?? 0 != own[payload] ?? 0 {
                add(
                    .fateAbsent,
                    "\(channel) payload \(payload): offered \(offered[payload] ?? 0), told \(own[payload] ?? 0)"
                )
                break
            }
        }
    }

    /// Where finer values leave a part of a coarser one empty, what stands there adds up to what the coarser one leaves.
    mutating func checkCoarse(_ channel: ChannelKey, _ readings: [TruthReader.Reading], _ force: TruthForce) {
        guard !item.hasRegisters, !item.hasLocks else { return }
        let byStart = Dictionary(readings.map { ($0.start, $0) }) { $1 }
        var shared: Set<Int64> = []
        var emptyByWindow: [Int64: [TruthOracle.Slot]] = [:]
        for coarse in force.covered.sorted(by: { ($0.grid.interval, $0.start) < ($1.grid.interval, $1.start) }) {
            let start = force.window(coarse.start)
            guard start == force.window(coarse.end - 1), !force.isUnclear(start) else { continue }
            let window = TruthOracle.window(of: start, force.truth.zone)
            let above = force.inForce(over: coarse.start, coarse.end)
            let all = emptyByWindow[start] ?? force.empty(window, beginningIn: force.wide)
            emptyByWindow[start] = all
            let empty = all.filter { $0.overlaps(coarse) }
            let parts = above + empty
            let isWhole =
                parts.allSatisfy { $0.isInside(coarse) }
                && parts.reduce(0) { $0 + $1.end - $1.start } == coarse.end - coarse.start
            let isShare = force.truth.held[coarse]?.isShare ?? false
            guard isWhole, !isShare, !empty.isEmpty, !above.isEmpty else { continue }
            // The shortest value over a part shares it out; a longer one over the same part is not asked.
            let isShared = !shared.isDisjoint(with: empty.map(\.start))
            shared.formUnion(empty.map(\.start))
            if isShared { continue }
            let value = force.truth.held[coarse]?.value ?? 0
            let left = value - above.reduce(0) { $0 + (force.truth.held[$1]?.value ?? 0) }
            guard left >= 0 else { continue }
            let estimates = empty.compactMap { byStart[$0.start] }.filter { $0.isOurEstimate }
            let sum = estimates.reduce(0) { $0 + $1.value }
            if estimates.count != empty.count || sum != left {
                add(
                    .coarseSum,
                    "\(channel) \(Instant(secondsSinceEpoch: coarse.start)) \(coarse.grid.interval) s"
                        + " \(TruthText.number(value)): \(empty.count) empty slots, \(estimates.count) estimates of"
                        + " \(TruthText.number(sum)), \(TruthText.number(left)) left for them"
                )
            }
        }
    }

    /// Another order gives the same.
    ///
    /// - Parameter order: places of the events in the order of the other one.
    mutating func compare(_ one: TruthReader, _ other: TruthReader, _ order: [Int]) {
        let place = "in the order \(order.map(String.init).joined(separator: " "))"
        for channel in Set(one.channels).union(other.channels).sorted() {
            let (left, right) = (one.readings(of: channel), other.readings(of: channel))
            if let index = (0..<max(left.count, right.count)).first(where: {
                $0 >= left.count || $0 >= right.count || left[$0] != right[$0]
            }) {
                let ours = index < left.count ? left[index].description : "nothing"
                let theirs = index < right.count ? right[index].description : "nothing"
                add(.order, "\(channel): \(ours); \(place) \(theirs)")
                continue
            }
            let states = one.windows(of: channel).map(Self.withoutRevision)
            let others = other.windows(of: channel).map(Self.withoutRevision)
            if let index = (0..<max(states.count, others.count)).first(where: {
                $0 >= states.count || $0 >= others.count || states[$0] != others[$0]
            }) {
                let ours = index < states.count ? "\(states[index])" : "no window"
                let theirs = index < others.count ? "\(others[index])" : "no window"
                add(.order, "\(channel): \(ours); \(place) \(theirs)")
            }
        }
    }

    private static func withoutRevision(_ window: WindowState) -> WindowState {
        var window = window
        window.revision = 0
        return window
    }

    /// Batches cut anywhere and restarts from snapshots put out the same bytes.
    mutating func compareRestarted(_ one: TruthDriver, _ random: inout Seeded) throws {
        var other = TruthDriver(one.configuration)
        let events = item.events + item.ending
        var restarts = Int.random(in: 1...3, using: &random)
        var index = 0
        while index < events.count {
            let next = min(events.count, index + Int.random(in: 1...max(1, events.count / 4), using: &random))
            try other.feed(events[index..<next])
            index = next
            if restarts > 0, index < events.count {
                restarts -= 1
                try other.restart()
            }
        }
        guard one.records != other.records else { return }
        let same = zip(one.records, other.records).prefix { $0 == $1 }.count
        let left = same < one.records.count ? Self.text(one.records[same]) : "no record"
        let right = same < other.records.count ? Self.text(other.records[same]) : "no record"
        add(.restart, "record \(same) of \(one.records.count): \(left); restarted \(right)")
    }

    private static func text(_ record: [UInt8]) -> String {
        let range = 1..<record.count
        switch record.first {
        case 0: return (try? ValidatedIntervals(record, range)).map { "\($0)" } ?? "unreadable"
        case 1: return (try? VeeException(record, range)).map { "\($0)" } ?? "unreadable"
        default: return (try? DeviceCommandEvent(record, range)).map { "\($0)" } ?? "unreadable"
        }
    }
}
