public import MeterCore

/// The documented JSON form of temperatures: `{"weather": [{"station", "start", "interval", "celsius": [...]}]}`, a list of such
/// objects, or one.
public enum WeatherJSON: PayloadDecoder {
    public static let format = FormatDescription(
        name: "json-weather",
        lane: .interval,
        mediaType: "application/vnd.meterlog.weather+json",
        summary: "temperatures of a weather station as JSON objects: station, start, interval, celsius"
    )

    /// Values of one series.
    static let valueLimit = 20_000

    public static func decode(
        _ bytes: Span<UInt8>,
        mediaType: MediaType,
        zones: ZoneCatalog,
        into batch: inout ReadingBatch
    ) throws(DecodeError) {
        try batch.takeElements(of: bytes, named: "weather") { (node, batch) throws(DecodeError) in
            batch.weather.append(try WeatherReadings(node))
        }
    }
}

extension WeatherReadings {
    fileprivate init(_ node: JSONNode) throws(DecodeError) {
        var object = try JSONObject(node)
        guard let seconds = try object.seconds("interval", 60...86_400) else {
            throw object.fault("no \"interval\"", .missingField)
        }
        let nodes = try object.list("celsius") ?? []
        guard !nodes.isEmpty, nodes.count <= WeatherJSON.valueLimit else {
            throw object.fault("\"celsius\" has not 1 to \(WeatherJSON.valueLimit) values", .wrongValueCount)
        }
        var values: [Int32] = []
        values.reserveCapacity(nodes.count)
        for node in nodes {
            if case .null = node.content {
                values.append(WeatherReadings.none)
                continue
            }
            let billionths = try node.billionths("a temperature")
            guard billionths > -300 * Quantity.scale, billionths < 300 * Quantity.scale else {
                throw node.fault("a temperature is not within 300 degrees of zero", .invalidNumber)
            }
            values.append(Int32(billionths / 1_000_000))
        }
        self.init(
            station: try object.requiredIdentifier("station"),
            start: try object.requiredInstant("start"),
            intervalSeconds: Int32(seconds),
            milliDegreesCelsius: values
        )
        try object.refuseOthers()
    }
}
