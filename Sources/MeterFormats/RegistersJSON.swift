public import MeterCore

/// The documented JSON form of register readings: `{"registers": [{"meter", "channel", "at", "value"}]}`, a list of such objects, or
/// one.
public enum RegistersJSON: PayloadDecoder {
    public static let format = FormatDescription(
        name: "json-registers",
        lane: .interval,
        mediaType: "application/vnd.meterlog.registers+json",
        summary: "cumulative register readings as JSON objects: meter, channel, at, value"
    )

    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        var zones = ZoneMemo(zones)
        try batch.takeElements(of: bytes, named: "registers") { (node, batch) throws(DecodeError) in
            batch.registers.append(try RegisterRead(node, &zones))
        }
    }
}

extension RegisterRead {
    fileprivate init(_ node: JSONNode, _ zones: inout ZoneMemo) throws(DecodeError) {
        var object = try JSONObject(node)
        let unit = try object.unit("unit") ?? (.kilowattHour, 0)
        guard let value = object.node("value") else { throw object.fault("no \"value\"", .missingField) }
        let billionths = try value.billionths("value", powerOfTen: unit.powerOfTen)
        let at = try object.requiredInstant("at")
        let stated = try object.identifier("zone")
        let zone = stated ?? "UTC"
        _ = try zones.rules(zone, at: node.byteOffset)
        var quality = Quality.raw
        if let name = try object.text("quality") {
            guard let named = SourceQuality.named(name) else {
                throw object.fault("no quality \"\(name.prefix(64))\"", .invalidQuality)
            }
            quality = named
        }
        self.init(
            meter: try object.requiredIdentifier("meter"),
            channel: try object.identifier("channel") ?? "1-0:1.8.0",
            unit: unit.unit,
            zone: zone,
            zoneOrigin: stated == nil ? .unstated : .stated,
            serial: "",
            from: at,
            to: at,
            previousIndex: nil,
            currentIndex: Quantity(billionths: billionths),
            quantity: nil,
            previousQuality: nil,
            previousSourceStatus: 0,
            quality: quality,
            sourceStatus: 0,
            sourceVersion: 0
        )
        touCode = try object.identifier("tou") ?? ""
        meterClock = try object.instant("meterClock")
        try object.refuseOthers()
    }
}
