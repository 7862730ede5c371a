import MeterCore
package import MeterEvents

/// The pure part of the read model `readings`: events of `meter.validated` to rows.
///
/// Rows of every version are kept for the history; the newest of each interval is marked, so that the table in force gets
/// each interval at most once.
package struct ReadingsFold: Sendable {
    private struct Slot: Hashable {
        var channelKey: Int32
        var endMicroseconds: Int64
    }

    package var channels = ChannelTable()
    package private(set) var rows: [ReadingRow] = []
    package private(set) var events: [ReadingEvent] = []
    package private(set) var sources: [ReadingSource] = []
    /// `jsonb` in binary form.
    package private(set) var findings: [[UInt8]] = []
    package private(set) var windows: [WindowRow] = []
    package private(set) var registers: [DerivedRegisterRow] = []
    package private(set) var fates: [BlockFateRow] = []
    /// Where the local days are that the rows are in.
    package private(set) var spans: [ReadingSpan] = []
    /// Some rows say that no reading is in force any more.
    package private(set) var hasWithdrawn = false
    package private(set) var changes: [ChannelChange] = []
    private var newestRow: [Slot: Int32] = [:]
    private var newestWindow: [Slot: Int] = [:]
    private var newestRegister: [Slot: Int] = [:]
    private var changeOfChannel: [Int32: Int] = [:]

    package init() {}

    /// Forgets the rows, keeps the channels and the memory.
    package mutating func clear() {
        rows.removeAll(keepingCapacity: true)
        events.removeAll(keepingCapacity: true)
        sources.removeAll(keepingCapacity: true)
        findings.removeAll(keepingCapacity: true)
        windows.removeAll(keepingCapacity: true)
        registers.removeAll(keepingCapacity: true)
        fates.removeAll(keepingCapacity: true)
        spans.removeAll(keepingCapacity: true)
        hasWithdrawn = false
        changes.removeAll(keepingCapacity: true)
        newestRow.removeAll(keepingCapacity: true)
        newestWindow.removeAll(keepingCapacity: true)
        newestRegister.removeAll(keepingCapacity: true)
        changeOfChannel.removeAll(keepingCapacity: true)
    }

    /// Everything that can fail comes first: an event that throws leaves nothing behind.
    package mutating func fold(_ event: ValidatedIntervals, at position: LogPosition) throws(EventError) {
        guard !event.meter.isEmpty else { throw .inconsistent("no meter id") }
        let step = Int64(event.intervalSeconds)
        let firstEnd = try StoredForm.microseconds(event.start + step)
        let lastEnd = try StoredForm.microseconds(event.start + step * Int64(max(1, event.count)))
        let revisions = try Self.revisions(event)
        let eventSources = try Self.sources(event)
        let part = ReadingEvent(
            position: position,
            decidedAtMicroseconds: try StoredForm.microseconds(milliseconds: event.decidedAtMilliseconds),
            intervalSeconds: event.intervalSeconds,
            unit: Int16(event.unit.rawValue),
            ruleSet: StoredForm.text(event.ruleSet)
        )
        let name = ChannelName(meter: StoredForm.text(event.meter), channel: StoredForm.text(event.channel))
        var window = try event.window.map { state throws(EventError) in try Self.window(state, part) }
        let derived = try Self.registers(event, part)
        let blocks = try BlockFateRow.rows(event, at: position)

        let isKnown = channels.has(name)
        let key = channels.key(of: name)
        window?.channelKey = key
        window?.zone = StoredForm.text(event.zone)
        if let window { keep(window) }
        for register in derived { keep(register, of: key) }
        for block in blocks { fates.append(block.of(key)) }
        // A window, a register or a fate alone says nothing about intervals; a channel nobody has heard of must still be there for it.
        let holds = event.qualities.contains { $0 != ValidatedIntervals.withdrawn }
        guard holds || !isKnown else {
            append(event, part, key: key, revisions: revisions, eventSources: eventSources, firstEnd: firstEnd)
            return
        }
        let received = eventSources.map(\.receivedAtMicroseconds).max()
        keep(
            ChannelChange(
                channelKey: key,
                name: name,
                unit: part.unit,
                zone: StoredForm.text(event.zone),
                intervalSeconds: event.intervalSeconds,
                longestIntervalSeconds: event.intervalSeconds,
                firstIntervalEndMicroseconds: firstEnd,
                lastIntervalEndMicroseconds: lastEnd,
                lastReceivedAtMicroseconds: received ?? part.decidedAtMicroseconds,
                position: position
            )
        )
        append(event, part, key: key, revisions: revisions, eventSources: eventSources, firstEnd: firstEnd)
    }

    private mutating func append(
        _ event: ValidatedIntervals,
        _ part: ReadingEvent,
        key: Int32,
        revisions: [Int32],
        eventSources: [ReadingSource],
        firstEnd: Int64
    ) {
        guard event.count > 0 else { return }
        events.append(part)
        appendRows(event, key: key, revisions: revisions, eventSources: eventSources, firstEnd: firstEnd)
        // Nothing begins in the days of an event that only withdraws.
        guard event.qualities.contains(where: { $0 != ValidatedIntervals.withdrawn }) else { return }
        ReadingSpan.append(of: event, channelKey: key, firstEndMicroseconds: firstEnd, to: &spans)
    }

    private mutating func appendRows(
        _ event: ValidatedIntervals,
        key: Int32,
        revisions: [Int32],
        eventSources: [ReadingSource],
        firstEnd: Int64
    ) {
        let stepMicroseconds = Int64(event.intervalSeconds) * 1_000_000
        let findingOfSlot = appendFindings(event)
        let firstSource = Int32(sources.count)
        sources.append(contentsOf: eventSources)
        var run = 0
        var leftInRun = event.provenance.first?.count ?? 0
        for slot in 0..<event.count {
            while leftInRun == 0, run + 1 < event.provenance.count {
                run += 1
                leftInRun = event.provenance[run].count
            }
            leftInRun -= 1
            append(
                ReadingRow(
                    channelKey: key,
                    event: Int32(events.count - 1),
                    source: firstSource + Int32(run),
                    findings: findingOfSlot.isEmpty ? -1 : findingOfSlot[slot],
                    revision: revisions[slot],
                    quality: event.qualities[slot],
                    method: event.methods[slot],
                    isNewest: true,
                    intervalEndMicroseconds: firstEnd + Int64(slot) * stepMicroseconds,
                    billionths: event.billionths[slot]
                )
            )
        }
    }

    private mutating func append(_ row: ReadingRow) {
        var row = row
        // It takes away a reading of its own length and never the place of another one, so it is no version to be in force.
        guard row.quality != ValidatedIntervals.withdrawn else {
            row.isNewest = false
            hasWithdrawn = true
            rows.append(row)
            return
        }
        let slot = Slot(channelKey: row.channelKey, endMicroseconds: row.intervalEndMicroseconds)
        if let other = newestRow[slot] {
            let old = rows[Int(other)]
            row.isNewest = Self.isNewer(
                (events[Int(row.event)].position, row.revision),
                than: (events[Int(old.event)].position, old.revision)
            )
            if row.isNewest { rows[Int(other)].isNewest = false }
        }
        if row.isNewest { newestRow[slot] = Int32(rows.count) }
        rows.append(row)
    }

    /// The order that the SQL uses too: by offset in one partition; by revision in the case, which a fixed number of partitions
    /// rules out, that a meter's events are in two.
    package static func isNewer(
        _ left: (position: LogPosition, revision: Int32),
        than right: (position: LogPosition, revision: Int32)
    ) -> Bool {
        if left.position.partition == right.position.partition { return left.position.offset > right.position.offset }
        return left.revision > right.revision
    }
}

extension ReadingsFold {
    private mutating func keep(_ window: WindowRow) {
        let slot = Slot(channelKey: window.channelKey, endMicroseconds: window.startMicroseconds)
        guard let index = newestWindow[slot] else {
            newestWindow[slot] = windows.count
            windows.append(window)
            return
        }
        let old = windows[index]
        if Self.isNewer((window.position, window.revision), than: (old.position, old.revision)) {
            windows[index] = window
        }
    }

    /// Keeps every version and marks the newest one for its instant.
    private mutating func keep(_ register: DerivedRegisterRow, of key: Int32) {
        var register = register
        register.channelKey = key
        let slot = Slot(channelKey: key, endMicroseconds: register.readAtMicroseconds)
        if let index = newestRegister[slot] {
            let old = registers[index]
            register.isNewest = Self.isNewer(
                (register.position, register.revision),
                than: (old.position, old.revision)
            )
            if register.isNewest { registers[index].isNewest = false }
        }
        if register.isNewest { newestRegister[slot] = registers.count }
        registers.append(register)
    }

    private mutating func keep(_ change: ChannelChange) {
        guard let index = changeOfChannel[change.channelKey] else {
            changeOfChannel[change.channelKey] = changes.count
            changes.append(change)
            return
        }
        var merged = changes[index]
        if change.position.offset > merged.position.offset { merged = change }
        let old = changes[index]
        merged.longestIntervalSeconds = max(old.longestIntervalSeconds, change.longestIntervalSeconds)
        merged.firstIntervalEndMicroseconds = min(old.firstIntervalEndMicroseconds, change.firstIntervalEndMicroseconds)
        merged.lastIntervalEndMicroseconds = max(old.lastIntervalEndMicroseconds, change.lastIntervalEndMicroseconds)
        merged.lastReceivedAtMicroseconds = max(old.lastReceivedAtMicroseconds, change.lastReceivedAtMicroseconds)
        changes[index] = merged
    }

    private static func window(_ state: WindowState, _ event: ReadingEvent) throws(EventError) -> WindowRow {
        for count in [state.expected, state.validated, state.estimated, state.failed, state.missing, state.pending] {
            _ = try StoredForm.int32(count, "count of a window")
        }
        return WindowRow(
            channelKey: 0,
            unit: event.unit,
            zone: "",
            ruleSet: event.ruleSet,
            startMicroseconds: try StoredForm.microseconds(state.start),
            endMicroseconds: try StoredForm.microseconds(state.end),
            decidedAtMicroseconds: event.decidedAtMicroseconds,
            revision: try StoredForm.int32(state.revision, "revision of a window"),
            position: event.position,
            state: state
        )
    }

    private static func registers(
        _ event: ValidatedIntervals,
        _ part: ReadingEvent
    ) throws(EventError) -> [DerivedRegisterRow] {
        var rows: [DerivedRegisterRow] = []
        for register in event.registers {
            for count in [register.intervals, register.estimated] {
                _ = try StoredForm.int32(count, "count of a register's intervals")
            }
            rows.append(
                DerivedRegisterRow(
                    channelKey: 0,
                    unit: part.unit,
                    ruleSet: part.ruleSet,
                    readAtMicroseconds: try StoredForm.microseconds(register.at),
                    baseReadAtMicroseconds: try StoredForm.microseconds(register.baseAt),
                    decidedAtMicroseconds: part.decidedAtMicroseconds,
                    revision: try StoredForm.int32(register.revision, "revision of a register"),
                    position: part.position,
                    isNewest: true,
                    reading: register
                )
            )
        }
        return rows
    }

    private static func revisions(_ event: ValidatedIntervals) throws(EventError) -> [Int32] {
        var revisions: [Int32] = []
        revisions.reserveCapacity(event.count)
        for revision in event.revisions { revisions.append(try StoredForm.int32(revision, "revision")) }
        return revisions
    }

    private static func sources(_ event: ValidatedIntervals) throws(EventError) -> [ReadingSource] {
        var sources: [ReadingSource] = []
        for run in event.provenance {
            sources.append(
                ReadingSource(
                    lane: Int16(run.raw.lane.rawValue),
                    partition: run.raw.partition,
                    offset: run.raw.offset,
                    receivedAtMicroseconds: try StoredForm.microseconds(milliseconds: run.raw.receivedAtMilliseconds)
                )
            )
        }
        return sources
    }

    /// For each slot the index of its findings, or -1; empty when there are none at all. Slots with the same findings share them.
    private mutating func appendFindings(_ event: ValidatedIntervals) -> [Int32] {
        guard !event.findings.isEmpty else { return [] }
        var spoken = [[Int]](repeating: [], count: event.count)
        for (index, finding) in event.findings.enumerated() {
            for slot in Int(finding.first)..<Int(finding.first + finding.count) { spoken[slot].append(index) }
        }
        var known: [[Int]: Int32] = [:]
        return spoken.map { indices in
            if indices.isEmpty { return -1 }
            if let index = known[indices] { return index }
            let index = Int32(findings.count)
            findings.append(Self.json(indices.map { event.findings[$0] }))
            known[indices] = index
            return index
        }
    }

    private static func json(_ findings: [Finding]) -> [UInt8] {
        var json = StoredJSON()
        json.raw("[")
        for (index, finding) in findings.enumerated() {
            if index > 0 { json.raw(",") }
            json.raw("{\"rule\":")
            json.number(finding.rule)
            json.raw(",\"severity\":")
            json.string(finding.severity.name)
            json.raw(",\"observed\":")
            json.amount(billionths: finding.observedBillionths)
            json.raw(",\"limit\":")
            json.amount(billionths: finding.limitBillionths)
            json.raw("}")
        }
        json.raw("]")
        return json.bytes
    }
}
