import MeterCore
import MeterEvents

/// What is known of a meter besides its intervals, as its series are judged by it. Shared by all that is decided about the meter; replaced
/// as a whole when something changes.
final class MeterFacts: Sendable {
    let registration: MeterRegistration?
    /// Ascending in the order in which payloads supersede each other.
    let edits: [EditRecord]
    /// Spans whose gaps are to be estimated whatever the limits, seconds since 1970.
    let forced: [Range<Int64>]
    /// Spans without power, seconds since 1970, ascending, apart from each other.
    let outages: [Range<Int64>]
    /// Spans under test, in the same form.
    let tests: [Range<Int64>]
    /// Moments at which the device reported energy in reverse, ascending, seconds since 1970.
    let reversals: [Int64]
    /// Moments at which the device reported that it was installed, removed or set up anew, in the same form.
    let exchanges: [Int64]
    /// When the meter sent its registers a second time (V06), ascending, seconds since 1970.
    let staleAt: [Int64]
    let registers: [RegisterRecord]
    /// Mean temperatures at the meter's weather station.
    let weather: WeatherRecord?

    init(
        registration: MeterRegistration? = nil,
        edits: [EditRecord] = [],
        forced: [Range<Int64>] = [],
        outages: [Range<Int64>] = [],
        tests: [Range<Int64>] = [],
        reversals: [Int64] = [],
        exchanges: [Int64] = [],
        staleAt: [Int64] = [],
        registers: [RegisterRecord] = [],
        weather: WeatherRecord? = nil
    ) {
        self.registration = registration
        self.edits = edits
        self.forced = forced
        self.outages = outages
        self.tests = tests
        self.reversals = reversals
        self.exchanges = exchanges
        self.staleAt = staleAt
        self.registers = registers
        self.weather = weather
    }

    static let none = MeterFacts()

    func registration(of channel: String) -> ChannelRegistration? {
        registration?.channels.first { $0.channel == channel }
    }

    /// The same with all times on the wall clock of a zone.
    func onWallClock(_ zone: ZoneRules) -> MeterFacts {
        func time(_ instant: Int64) -> Int64 { WallClock.time(instant, zone) }
        func span(_ span: Range<Int64>) -> Range<Int64> {
            let lower = time(span.lowerBound)
            return lower..<max(lower, time(span.upperBound))
        }
        return MeterFacts(
            registration: registration,
            edits: edits.map { edit in
                var edit = edit
                edit.start = time(edit.start)
                edit.end = max(edit.start, time(edit.end))
                return edit
            },
            forced: forced.map(span),
            outages: outages.map(span),
            tests: tests.map(span),
            reversals: reversals.map(time),
            exchanges: exchanges.map(time),
            staleAt: staleAt.map(time),
            registers: registers.map { $0.onWallClock(zone) },
            weather: weather
        )
    }
}
