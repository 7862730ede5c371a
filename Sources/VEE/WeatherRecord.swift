import MeterCore
import MeterEvents
import StreamCore

/// The kept temperatures of a weather station: means of UTC hours.
final class WeatherRecord: Sendable {
    struct Hour: Sendable, Equatable {
        /// Hours since 1970.
        var hour: Int32
        /// Thousandths of a degree Celsius.
        var temperature: Int32
        var raw: RawReference
    }

    let station: String
    /// Ascending by hour.
    let hours: [Hour]

    init(station: String, hours: [Hour]) {
        self.station = station
        self.hours = hours
    }

    /// The mean of a span; nil with less than half of its hours.
    func mean(_ span: Range<Int64>) -> Int32? {
        let first = Int32(clamping: span.lowerBound.flooredQuotient(3600))
        let end = Int32(clamping: (span.upperBound - 1).flooredQuotient(3600)) + 1
        var sum: Int64 = 0
        var count: Int64 = 0
        for hour in hours[index(first)..<index(end)] {
            sum += Int64(hour.temperature)
            count += 1
        }
        guard count > 0, 2 * count >= Int64(end - first) else { return nil }
        return Int32(clamping: sum.flooredQuotient(count))
    }

    private func index(_ hour: Int32) -> Int { Self.index(hour, hours) }

    private static func index(_ hour: Int32, _ hours: [Hour]) -> Int {
        var low = 0
        var high = hours.count
        while low < high {
            let middle = (low + high) / 2
            if hours[middle].hour < hour { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// The record with further readings, without hours that are more than `keptHours` before the newest; nil when nothing changed.
    func adding(_ readings: WeatherReadings, _ raw: RawReference, keptHours: Int32) -> WeatherRecord? {
        guard readings.intervalSeconds > 0 else { return nil }
        var sums: [(hour: Int32, sum: Int64, count: Int64)] = []
        for (index, value) in readings.milliDegreesCelsius.enumerated() where value != WeatherReadings.none {
            let seconds = readings.start.secondsSinceEpoch + Int64(index) * Int64(readings.intervalSeconds)
            let steps = max(1, Int64(readings.intervalSeconds) / 3600)
            for step in 0..<min(steps, 24) {
                let hour = Int32(clamping: (seconds + step * 3600).flooredQuotient(3600))
                if let last = sums.last, last.hour == hour {
                    sums[sums.count - 1].sum += Int64(value)
                    sums[sums.count - 1].count += 1
                } else {
                    sums.append((hour, Int64(value), 1))
                }
            }
        }
        var merged = hours
        for sum in sums {
            let new = Hour(hour: sum.hour, temperature: Int32(clamping: sum.sum.flooredQuotient(sum.count)), raw: raw)
            let place = Self.index(sum.hour, merged)
            if place < merged.count, merged[place].hour == sum.hour {
                if raw.supersedes(merged[place].raw) { merged[place] = new }
            } else {
                merged.insert(new, at: place)
            }
        }
        if let last = merged.last { merged.removeSubrange(..<Self.index(last.hour - keptHours, merged)) }
        return merged == hours ? nil : WeatherRecord(station: station, hours: merged)
    }
}

extension WeatherRecord {
    func encode(into writer: inout CompactWriter) {
        writer.append(station)
        writer.append(count: hours.count)
        for hour in hours {
            writer.append(hour.hour)
            writer.append(hour.temperature)
            hour.raw.encode(into: &writer)
        }
    }

    convenience init(_ reader: inout CompactReader, _ bytes: Span<UInt8>) throws(StateError) {
        let station = try reader.text(bytes)
        let count = try reader.count(bytes)
        var hours: [Hour] = []
        hours.reserveCapacity(count)
        for _ in 0..<count {
            let hour: Int32 = try reader.integer(bytes)
            let temperature: Int32 = try reader.integer(bytes)
            hours.append(Hour(hour: hour, temperature: temperature, raw: try RawReference(&reader, bytes)))
        }
        self.init(station: station, hours: hours)
    }
}
