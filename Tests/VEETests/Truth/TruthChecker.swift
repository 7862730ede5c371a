import MeterCore
import MeterEvents
import VEE

/// Something that must not be.
struct TruthProblem: Hashable {
    enum Kind: String, CaseIterable {
        case stopped
        case secondTwice
        case readModelKeys
        case revision
        case windowSum
        case windowCounts
        case windowAbsent
        case windowBounds
        case valueAbsent
        case valueWrong
        case valueNotTrue
        case estimateMisplaced
        case missingNotTold
        case coarseSum
        case fateUnbalanced
        case fateAbsent
        case lock
        case order
        case restart
    }

    var kind: Kind
    var text: String
}

/// Compares what came out with what the oracle says, and one run with another.
struct TruthChecker {
    typealias ChannelKey = TruthOracle.ChannelKey
    typealias Reading = TruthReader.Reading

    let item: TruthCase
    let oracle: TruthOracle
    private let forces: [ChannelKey: TruthForce]
    private(set) var problems: [TruthProblem] = []
    /// Windows that the laws leave open, of all that were looked at.
    private(set) var unclearWindows = 0
    private(set) var comparedWindows = 0
    /// What was locked and not unlocked, with what stood there.
    private var locks: [(channel: ChannelKey, span: Range<Int64>, readings: [Reading], isHeld: Bool)] = []

    init(_ item: TruthCase, _ zones: ZoneCatalog) {
        self.item = item
        oracle = TruthOracle(item.events, zones)
        forces = oracle.channels.mapValues(TruthForce.init)
    }

    /// All that is wrong with a case: in its own order, in another order, cut and restarted anywhere.
    static func problems(
        _ item: TruthCase,
        _ zones: ZoneCatalog,
        fault: TruthFault? = nil
    ) -> (problems: [TruthProblem], compared: Int, unclear: Int) {
        var checker = TruthChecker(item, zones)
        do {
            try checker.run(item.configuration(zones), fault)
        } catch {
            checker.add(.stopped, "\(error)")
        }
        return (checker.problems, checker.comparedWindows, checker.unclearWindows)
    }

    mutating func add(_ kind: TruthProblem.Kind, _ text: String) {
        problems.append(TruthProblem(kind: kind, text: text))
    }

    private mutating func run(_ configuration: VEEConfiguration, _ fault: TruthFault?) throws {
        var driver = TruthDriver(configuration, fault: fault)
        for event in item.events {
            if case .manualEdit(let edit) = event.body { noteLock(edit, driver.reader) }
            try driver.feed([event])
        }
        try driver.feed(item.ending)
        check(driver.reader)
        var random = Seeded(item.seed &* 7919 &+ 4711)
        if fault == nil { try compareRestarted(driver, &random) }
        guard !item.hasLocks else { return }
        var other = TruthDriver(configuration, fault: fault)
        let order = item.events.indices.shuffled(using: &random)
        try other.feed(order.map { item.events[$0] })
        try other.feed(item.ending)
        compare(driver.reader, other.reader, order)
    }

    // MARK: One run

    private mutating func check(_ reader: TruthReader) {
        if let fault = reader.revisionFault { add(.revision, fault) }
        for channel in Set(reader.channels).union(forces.keys).sorted() {
            let readings = reader.readings(of: channel)
            let windows = reader.windows(of: channel)
            checkOverlaps(channel, readings)
            checkEnds(channel, readings, reader)
            guard let force = forces[channel] else { continue }
            checkWindows(channel, readings, windows, force)
            if item.isExact { checkValues(channel, readings, force) }
        }
        checkFates(reader)
        checkLocks(reader)
    }

    private mutating func checkOverlaps(_ channel: ChannelKey, _ readings: [Reading]) {
        var last: Reading?
        for reading in readings {
            if let before = last, reading.start < before.end {
                add(.secondTwice, "\(channel): \(before) and \(reading)")
            }
            if reading.end > last?.end ?? .min { last = reading }
        }
    }

    private mutating func checkEnds(_ channel: ChannelKey, _ readings: [Reading], _ reader: TruthReader) {
        let byEnd = reader.readingsByEnd.filter { $0.key.channel == channel }.values.sorted { $0.start < $1.start }
        guard byEnd != readings else { return }
        let lost = readings.first { reading in !byEnd.contains(reading) }
        let surplus = byEnd.first { reading in !readings.contains(reading) }
        add(
            .readModelKeys,
            "\(channel): by start \(lost.map(\.description) ?? "-"), by end \(surplus.map(\.description) ?? "-")"
        )
    }

    /// Days are cut as the clock of the meter's zone cuts them, each counts what is in force in it, and none is left out.
    private mutating func checkWindows(
        _ channel: ChannelKey,
        _ readings: [Reading],
        _ windows: [WindowState],
        _ force: TruthForce
    ) {
        var inWindow: [Int64: [Reading]] = [:]
        for reading in readings { inWindow[force.window(reading.start), default: []].append(reading) }
        let states = Dictionary(windows.map { ($0.start.secondsSinceEpoch, $0) }) { $1 }
        for start in inWindow.keys.sorted() where states[start] == nil {
            add(.windowAbsent, "\(channel) \(Instant(secondsSinceEpoch: start))")
        }
        for window in windows {
            let span = window.start.secondsSinceEpoch..<window.end.secondsSinceEpoch
            if TruthOracle.window(of: span.lowerBound, force.truth.zone) != span {
                add(.windowBounds, "\(channel) \(window.start)...\(window.end) in \(force.truth.zone.identifier)")
                continue
            }
            let own = inWindow[span.lowerBound] ?? []
            let sum = own.filter(\.isUsed).reduce(0) { $0 + $1.value }
            if sum != window.sumBillionths {
                let told = TruthText.number(window.sumBillionths)
                add(.windowSum, "\(channel) \(window.start): \(told) told, readings \(TruthText.number(sum))")
            }
            let used = own.count(where: \.isUsed)
            let estimated = own.count { $0.quality.isEstimated }
            let failed = own.count { $0.quality == .failed }
            let missing = own.count { $0.quality == .missing }
            let isEqual =
                Int(window.validated) + Int(window.estimated) == used && Int(window.estimated) >= estimated
                && Int(window.failed) == failed && Int(window.missing) == missing
            if !isEqual || Int(window.expected) < used + failed + missing {
                let told =
                    "expected \(window.expected) validated \(window.validated) estimated \(window.estimated)"
                    + " failed \(window.failed) missing \(window.missing)"
                let counted = "used \(used) of them estimated \(estimated) failed \(failed) missing \(missing)"
                add(.windowCounts, "\(channel) \(window.start): \(told); readings: \(counted)")
            }
        }
    }

    /// Every window that has a slot: what was measured, sent or entered and holds is there and nothing else is, and what is empty is told.
    private mutating func checkValues(_ channel: ChannelKey, _ readings: [Reading], _ force: TruthForce) {
        var actual: [Int64: [Reading]] = [:]
        for reading in readings { actual[force.window(reading.start), default: []].append(reading) }
        var wanted: [Int64: [TruthOracle.Slot]] = [:]
        for slot in force.inForce { wanted[force.window(slot.start), default: []].append(slot) }
        for start in Set(actual.keys).union(wanted.keys).sorted() {
            let window = TruthOracle.window(of: start, force.truth.zone)
            if force.isUnclear(start) || isNearLock(channel, window) {
                unclearWindows += 1
                continue
            }
            comparedWindows += 1
            // What began in the day before may reach into this one.
            let before = readings.last { $0.start < window.lowerBound && $0.end > window.lowerBound }
            checkWindow(channel, window, actual[start] ?? [], wanted[start] ?? [], before, force)
        }
        checkCoarse(channel, readings, force)
    }

    private mutating func checkWindow(
        _ channel: ChannelKey,
        _ window: Range<Int64>,
        _ actual: [Reading],
        _ wanted: [TruthOracle.Slot],
        _ before: Reading?,
        _ force: TruthForce
    ) {
        var rest: [Int64: Reading] = [:]
        for reading in actual { rest[reading.start] = reading }
        for slot in wanted {
            let value = force.truth.held[slot]?.value ?? 0
            let what =
                "\(channel) \(Instant(secondsSinceEpoch: slot.start)) \(slot.end - slot.start) s \(TruthText.number(value))"
            guard let reading = rest.removeValue(forKey: slot.start) else {
                add(.valueAbsent, what)
                continue
            }
            if reading.end != slot.end || reading.value != value || !reading.isUsed || reading.isOurEstimate {
                add(.valueWrong, "\(what) wanted, got \(reading)")
            }
        }
        var empty: [Int64: TruthOracle.Slot] = [:]
        for slot in force.empty(window, beginningIn: force.wide) { empty[slot.start] = slot }
        for reading in rest.values.sorted(by: { $0.start < $1.start }) {
            if reading.quality == .failed, isFailed(reading, force) { continue }
            if reading.isUsed, !reading.isOurEstimate {
                add(.valueNotTrue, "\(channel) \(reading)")
            } else if empty[reading.start]?.end != reading.end {
                add(.estimateMisplaced, "\(channel) \(reading)")
            }
        }
        for slot in force.empty(window, within: force.narrow) where rest[slot.start] == nil {
            if rest.values.contains(where: { $0.start < slot.end && slot.start < $0.end }) { continue }
            if let before, before.end > slot.start { continue }
            add(
                .missingNotTold,
                "\(channel) \(Instant(secondsSinceEpoch: slot.start)) \(slot.end - slot.start) s has no reading"
            )
        }
    }

    private func isFailed(_ reading: Reading, _ force: TruthForce) -> Bool {
        force.truth.held.contains { slot, held in
            slot.start == reading.start && slot.end == reading.end && !held.hasValue && held.value == reading.value
        }
    }

    // MARK: Locks

    private mutating func noteLock(_ edit: ManualEdit, _ reader: TruthReader) {
        let channel = ChannelKey(meter: edit.meter, channel: edit.channel)
        let span = edit.start.secondsSinceEpoch..<edit.end.secondsSinceEpoch
        switch edit.action {
        case .lock:
            let readings = reader.readings(of: channel).filter {
                $0.isUsed && $0.start >= span.lowerBound && $0.end <= span.upperBound
            }
            locks.append((channel, span, readings, true))
        case .unlock:
            for index in locks.indices where locks[index].channel == channel && locks[index].span.overlaps(span) {
                locks[index].readings = []
                locks[index].isHeld = false
            }
        default: break
        }
    }

    private func isNearLock(_ channel: ChannelKey, _ window: Range<Int64>) -> Bool {
        let near = window.lowerBound - 90_000..<window.upperBound + 90_000
        return locks.contains { $0.channel == channel && $0.span.overlaps(near) }
    }

    private mutating func checkLocks(_ reader: TruthReader) {
        for lock in locks {
            let readings = reader.readings(of: lock.channel)
            for frozen in lock.readings {
                let now = readings.first { $0.start == frozen.start && $0.end == frozen.end }
                if now?.value != frozen.value {
                    add(.lock, "\(lock.channel): \(frozen) was locked, now \(now.map(\.description) ?? "nothing")")
                    break
                }
            }
            let new = readings.first { reading in
                reading.isUsed && reading.start >= lock.span.lowerBound && reading.end <= lock.span.upperBound
                    && !lock.readings.contains { $0.start == reading.start && $0.end == reading.end }
            }
            if let new, lock.isHeld { add(.lock, "\(lock.channel): \(new) came into what was locked") }
        }
    }
}
