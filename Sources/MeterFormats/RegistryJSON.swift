public import MeterCore

/// The documented JSON form of the meter registry: `{"meters": [{"meter", "zone", ...}]}`, a list of such objects, or one.
public enum RegistryJSON: PayloadDecoder {
    public static let format = FormatDescription(
        name: "json-meters",
        lane: .interval,
        mediaType: "application/vnd.meterlog.meters+json",
        summary: "the meter registry as JSON objects: meter, zone, group, channels"
    )

    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        var zones = ZoneMemo(zones)
        try batch.takeElements(of: bytes, named: "meters") { (node, batch) throws(DecodeError) in
            batch.meters.append(try MeterRegistration(node, &zones))
        }
    }
}

extension MeterRegistration {
    fileprivate init(_ node: JSONNode, _ zones: inout ZoneMemo) throws(DecodeError) {
        var object = try JSONObject(node)
        self.init(meter: try object.requiredIdentifier("meter"), zone: try object.identifier("zone") ?? "")
        if !zone.isEmpty { _ = try zones.rules(zone, at: node.byteOffset) }
        group = try object.identifier("group") ?? ""
        transformer = try object.identifier("transformer") ?? ""
        feeder = try object.identifier("feeder") ?? ""
        commodity = try object.identifier("commodity") ?? ""
        customerClass = try object.identifier("customerClass") ?? ""
        if let name = try object.text("status") {
            guard let status = Status.allCases.first(where: { $0.name == name }) else {
                throw object.fault("no status \"\(name.prefix(64))\"", .unknownRecord)
            }
            self.status = status
        }
        installedFrom = try object.instant("installedFrom")
        installedTo = try object.instant("installedTo")
        hasGeneration = try object.flag("hasGeneration") ?? false
        weatherStation = try object.identifier("weatherStation") ?? ""
        nominalVoltageMillivolts = try object.thousandths("nominalVoltage", limit: 1_000_000)
        maximumCurrentMilliamperes = try object.thousandths("maximumCurrent", limit: 1_000_000)
        phases = UInt32(try object.whole("phases", 1...3) ?? 0)
        for channel in try object.list("channels") ?? [] { channels.append(try ChannelRegistration(channel)) }
        try object.refuseOthers()
    }
}

extension ChannelRegistration {
    fileprivate init(_ node: JSONNode) throws(DecodeError) {
        var object = try JSONObject(node)
        self.init(
            channel: try object.requiredIdentifier("channel"),
            unit: try object.unit("unit")?.unit ?? .kilowattHour
        )
        if let name = try object.text("kind") {
            guard let kind = Kind.allCases.first(where: { $0.name == name }) else {
                throw object.fault("no kind of channel \"\(name.prefix(64))\"", .unknownRecord)
            }
            self.kind = kind
        }
        intervalSeconds = Int32(try object.seconds("interval", TimeField.intervalRange) ?? 0)
        multiplierBillionths = try object.number("multiplier") ?? 0
        guard multiplierBillionths >= 0 else { throw object.fault("multiplier is below zero", .invalidNumber) }
        digits = UInt32(try object.whole("digits", 1...12) ?? 0)
        capacityWatts = try object.whole("capacityWatts", 0...10_000_000_000) ?? 0
        checkOf = try object.identifier("checkOf") ?? ""
        try object.refuseOthers()
    }
}

extension JSONObject {
    /// A number from 0 to `limit` in thousandths; 0 when it is not there.
    fileprivate mutating func thousandths(_ name: String, limit: Int64) throws(DecodeError) -> Int64 {
        guard let billionths = try number(name) else { return 0 }
        guard billionths >= 0, billionths <= limit * Quantity.scale else {
            throw fault("\(name) is not from 0 to \(limit)", .invalidNumber)
        }
        return billionths / 1_000_000
    }
}
