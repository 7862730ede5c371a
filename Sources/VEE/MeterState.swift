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
    /// The registry's word stands above what comes with the data.
    private(set) var isZoneFromRegistry = false
    private(set) var zoneRaw: RawReference?
    /// An exception about an unknown zone is open.
    var hasZoneException = false
    /// Indices into the task's series, in order of appearance.
    var series: [Int] = []
    /// Index into the task's calendars; follows from `zoneName`.
    var calendar = 0

    init(name: String) {
        self.name = name
        self.key = Array(name.utf8)
    }

    /// Takes what a record says about the meter's zone. The registry stands above the data, then the later payload holds, then the greater
    /// name: whatever the order of arrival, the same zone remains. True when the name changed.
    mutating func observeZone(_ name: String, isRegistry: Bool, raw: RawReference) -> Bool {
        guard !name.isEmpty else { return false }
        if let held = zoneRaw {
            if isRegistry != isZoneFromRegistry {
                guard isRegistry else { return false }
            } else if !raw.supersedes(held) {
                guard !held.supersedes(raw), zoneName.utf8.lexicographicallyPrecedes(name.utf8) else { return false }
            }
        }
        isZoneFromRegistry = isRegistry
        zoneRaw = raw
        guard name != zoneName else { return false }
        zoneName = name
        return true
    }
}

extension MeterState {
    func encode(into writer: inout CompactWriter) {
        writer.append(name)
        writer.append(zoneName)
        writer.append(isZoneFromRegistry)
        writer.append(zoneRaw != nil)
        if let zoneRaw { zoneRaw.encode(into: &writer) }
        writer.append(hasZoneException)
    }

    init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        self.init(name: try reader.text(bytes))
        zoneName = try reader.text(bytes)
        isZoneFromRegistry = try reader.flag(bytes)
        if try reader.flag(bytes) { zoneRaw = try RawReference(&reader, bytes) }
        hasZoneException = try reader.flag(bytes)
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
