import MeterCore
import MeterEvents
import StreamCore

/// What is known of a meter, and which series are its.
struct MeterState: Sendable {
    let name: String
    /// The record key.
    let key: [UInt8]
    /// Empty until anything named a zone.
    private(set) var zoneName = ""
    /// Who said it.
    private(set) var zoneOrigin = ZoneOrigin.unstated
    private(set) var zoneRaw: RawReference?
    /// An exception about an unknown zone is open.
    var hasZoneException = false
    /// What the registry says, and the payload that said it last.
    var registration: MeterRegistration?
    var registrationRaw: RawReference?
    /// Ascending in the order in which payloads supersede each other.
    var edits: [EditRecord] = []
    /// Those of them that concern no known interval, by channel and start.
    var idleEdits: [IdleEdit] = []
    var power = ReportedSpans.outages
    var tests = ReportedSpans.tests
    /// The device reported energy in reverse.
    var reversals = ReportedMoments()
    /// The device reported that it was installed, removed or set up anew.
    var exchanges = ReportedMoments()
    var registers: [RegisterState] = []
    var payloads = PayloadState()

    // What follows from the state and is not part of it.
    /// Indices into the task's series, in order of appearance.
    var series: [Int] = []
    /// Index into the task's calendars; follows from `zoneName`.
    var calendar = 0
    /// Index into the task's groups.
    var group: Int?
    var facts = MeterFacts.none

    init(name: String) {
        self.name = name
        self.key = Array(name.utf8)
    }

    /// Takes what a record says about the meter's zone. The firmer word holds: the registry's, then what a payload states, then the default of
    /// a format, then what is assumed; of equal firmness the later payload's, then the greater name. Whatever the order of arrival, the
    /// same zone remains. Where days are locked only the registry moves them. True when the name changed.
    mutating func observeZone(_ name: String, _ origin: ZoneOrigin, raw: RawReference) -> Bool {
        guard !name.isEmpty else { return false }
        if let held = zoneRaw {
            if origin < .registry, edits.contains(where: { $0.kind == .lock }) { return false }
            if origin != zoneOrigin {
                guard origin > zoneOrigin else { return false }
            } else if !raw.supersedes(held) {
                guard !held.supersedes(raw), zoneName.utf8.lexicographicallyPrecedes(name.utf8) else { return false }
            }
        }
        zoneOrigin = origin
        zoneRaw = raw
        guard name != zoneName else { return false }
        zoneName = name
        return true
    }

    /// Takes the registry's word when it is the latest. True when it says something else than before.
    mutating func observe(_ new: MeterRegistration, _ raw: RawReference) -> Bool {
        if let held = registrationRaw, !raw.supersedes(held) { return false }
        registrationRaw = raw
        guard registration != new else { return false }
        registration = new
        return true
    }

    /// Adds an edit. Of too many, locks that adjoin become one; then the one that ends first goes, a lock last of all, since a lock is for ever.
    /// False when it is there already.
    mutating func add(_ edit: EditRecord, maximumCount: Int) -> Bool {
        guard !edits.contains(edit) else { return false }
        var index = edits.count
        while index > 0, edits[index - 1].raw.supersedes(edit.raw) { index -= 1 }
        edits.insert(edit, at: index)
        guard edits.count > maximumCount, !joinLocks() else { return true }
        let oldest = edits.indices.min { one, other in
            let (left, right) = (edits[one], edits[other])
            if (left.kind == .lock) != (right.kind == .lock) { return right.kind == .lock }
            return left.end < right.end
        }
        if let oldest { edits.remove(at: oldest) }
        return true
    }

    /// Makes one of two locks that adjoin and follow each other, with no unlocking of the channel between them. False when there are none.
    private mutating func joinLocks() -> Bool {
        for first in edits.indices where edits[first].kind == .lock {
            let channel = edits[first].channel
            let second = edits[(first + 1)...].firstIndex { $0.channel == channel && $0.isLocking }
            guard let second, edits[second].kind == .lock, edits[first].start <= edits[second].end,
                edits[second].start <= edits[first].end
            else { continue }
            edits[second].start = min(edits[first].start, edits[second].start)
            edits[second].end = max(edits[first].end, edits[second].end)
            edits.remove(at: first)
            return true
        }
        return false
    }
}

extension MeterState {
    func encode(into writer: inout CompactWriter) {
        writer.append(name)
        writer.append(zoneName)
        writer.append(zoneOrigin.rawValue)
        writer.append(zoneRaw != nil)
        if let zoneRaw { zoneRaw.encode(into: &writer) }
        writer.append(hasZoneException)
        writer.append(registrationRaw != nil)
        if let registrationRaw, let registration {
            registrationRaw.encode(into: &writer)
            registration.encode(into: &writer)
        }
        writer.append(count: edits.count)
        for edit in edits { edit.encode(into: &writer) }
        writer.append(count: idleEdits.count)
        for edit in idleEdits { edit.encode(into: &writer) }
        power.encode(into: &writer)
        tests.encode(into: &writer)
        reversals.encode(into: &writer)
        exchanges.encode(into: &writer)
        writer.append(count: registers.count)
        for register in registers { register.encode(into: &writer) }
        payloads.encode(into: &writer)
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        self.init(name: try reader.text(bytes))
        zoneName = try reader.text(bytes)
        guard let origin = ZoneOrigin(rawValue: try reader.byte(bytes)) else { throw .malformed("an origin of a zone") }
        zoneOrigin = origin
        if try reader.flag(bytes) { zoneRaw = try RawReference(&reader, bytes) }
        hasZoneException = try reader.flag(bytes)
        if try reader.flag(bytes) {
            registrationRaw = try RawReference(&reader, bytes)
            registration = try MeterRegistration(&reader, bytes, meter: name)
        }
        let editCount = try reader.count(bytes)
        for _ in 0..<editCount { edits.append(try EditRecord(&reader, bytes)) }
        let idleCount = try reader.count(bytes)
        for _ in 0..<idleCount { idleEdits.append(try IdleEdit(&reader, bytes)) }
        try power.read(&reader, bytes)
        try tests.read(&reader, bytes)
        reversals = try ReportedMoments(&reader, bytes)
        exchanges = try ReportedMoments(&reader, bytes)
        let registerCount = try reader.count(bytes)
        for _ in 0..<registerCount { registers.append(try RegisterState(&reader, bytes)) }
        payloads = try PayloadState(&reader, bytes)
    }
}

extension MeterRegistration {
    fileprivate func encode(into writer: inout CompactWriter) {
        for text in [zone, group, transformer, feeder, commodity, customerClass, weatherStation] { writer.append(text) }
        writer.append(status.rawValue)
        for instant in [installedFrom, installedTo] {
            writer.append(instant != nil)
            if let instant { writer.append(instant.secondsSinceEpoch) }
        }
        writer.append(hasGeneration)
        writer.append(nominalVoltageMillivolts)
        writer.append(maximumCurrentMilliamperes)
        writer.append(unsigned: UInt64(phases))
        writer.append(count: channels.count)
        for channel in channels {
            writer.append(channel.channel)
            writer.append(channel.unit.rawValue)
            writer.append(channel.kind.rawValue)
            writer.append(channel.intervalSeconds)
            writer.append(channel.multiplierBillionths)
            writer.append(unsigned: UInt64(channel.digits))
            writer.append(channel.capacityWatts)
            writer.append(channel.checkOf)
        }
    }

    fileprivate init(_ reader: inout CompactReader, _ bytes: Span<UInt8>, meter: String) throws(StateError) {
        self.init(meter: meter, zone: try reader.text(bytes))
        group = try reader.text(bytes)
        transformer = try reader.text(bytes)
        feeder = try reader.text(bytes)
        commodity = try reader.text(bytes)
        customerClass = try reader.text(bytes)
        weatherStation = try reader.text(bytes)
        guard let status = Status(rawValue: try reader.byte(bytes)) else { throw .malformed("a meter's status") }
        self.status = status
        if try reader.flag(bytes) { installedFrom = Instant(secondsSinceEpoch: try reader.integer(bytes)) }
        if try reader.flag(bytes) { installedTo = Instant(secondsSinceEpoch: try reader.integer(bytes)) }
        hasGeneration = try reader.flag(bytes)
        nominalVoltageMillivolts = try reader.integer(bytes)
        maximumCurrentMilliamperes = try reader.integer(bytes)
        phases = try reader.unsigned32(bytes)
        let count = try reader.count(bytes)
        for _ in 0..<count {
            let name = try reader.text(bytes)
            guard let unit = MeasurementUnit(rawValue: try reader.byte(bytes)),
                let kind = ChannelRegistration.Kind(rawValue: try reader.byte(bytes))
            else { throw .malformed("a registered channel") }
            var channel = ChannelRegistration(channel: name, unit: unit)
            channel.kind = kind
            channel.intervalSeconds = try reader.integer(bytes)
            channel.multiplierBillionths = try reader.integer(bytes)
            channel.digits = try reader.unsigned32(bytes)
            channel.capacityWatts = try reader.integer(bytes)
            channel.checkOf = try reader.text(bytes)
            channels.append(channel)
        }
    }
}

extension RawReference {
    func encode(into writer: inout CompactWriter) {
        writer.append(lane.rawValue)
        writer.append(Int64(partition))
        writer.append(offset)
        writer.append(receivedAtMilliseconds)
        writer.append(unsigned: payloadHigh)
        writer.append(unsigned: payloadLow)
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        guard let lane = Lane(rawValue: try reader.byte(bytes)) else { throw .malformed("an unknown lane") }
        self.init(
            lane: lane,
            partition: try reader.integer(bytes),
            offset: try reader.integer(bytes),
            receivedAtMilliseconds: try reader.integer(bytes),
            payloadHigh: try reader.unsigned(bytes),
            payloadLow: try reader.unsigned(bytes)
        )
    }
}
