/// Temperatures of a weather station: value `i` holds for `[start + i * intervalSeconds, start + (i + 1) * intervalSeconds)`.
public struct WeatherReadings: Sendable, Equatable {
    public var station: String
    public var start: Instant
    public var intervalSeconds: Int32
    /// Thousandths of a degree Celsius, `none` where there is no value.
    public var milliDegreesCelsius: [Int32]

    public static let none = Int32.min

    public init(station: String, start: Instant, intervalSeconds: Int32, milliDegreesCelsius: [Int32]) {
        self.station = station
        self.start = start
        self.intervalSeconds = intervalSeconds
        self.milliDegreesCelsius = milliDegreesCelsius
    }
}
