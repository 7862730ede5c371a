/// How long the windows of validation are, and where they begin.
public enum WindowLength: Hashable, Sendable {
    /// Equal parts of the local day, of 1, 2, 3, 4, 6, 8 or 12 hours. The last part of a day takes what a change of the clock adds or takes away.
    case hours(Int)
    /// The local day: 23, 24 or 25 hours.
    case day
    /// Whole local days, 2 to 31 of them, counted from Monday, 1970-01-05; 7 is the week that begins on Monday.
    case days(Int)
    /// From the first of a local month to the first of the next.
    case month

    /// The Monday that `days` are counted from.
    private static let firstMonday: Int32 = 4

    /// Reads `day`, `week`, `month`, hours such as `6h` or days such as `14d`; nil for anything else.
    public init?(_ text: String) {
        switch text {
        case "day", "1d", "24h": self = .day
        case "week": self = .days(7)
        case "month": self = .month
        default:
            guard let number = Int(text.dropLast()), String(number) == text.dropLast() else { return nil }
            switch text.last {
            case "h":
                guard (1...12).contains(number), 24 % number == 0 else { return nil }
                self = .hours(number)
            case "d":
                guard (2...31).contains(number) else { return nil }
                self = .days(number)
            default: return nil
            }
        }
    }

    /// The most local days that a window has a part of.
    public var longestDays: Int {
        switch self {
        case .hours, .day: 1
        case .days(let count): count
        case .month: 31
        }
    }

    /// The local dates of the window that has a date in it, and of the parts of a day the date itself.
    public func dates(around date: CivilDate) -> Range<Int32> {
        let day = date.daysSinceEpoch
        switch self {
        case .hours, .day: return day..<day + 1
        case .days(let count):
            let length = Int32(clamping: max(count, 1))
            let place = (day - Self.firstMonday) % length
            let first = day - (place < 0 ? place + length : place)
            return first..<first + length
        case .month:
            let (year, month, ordinal) = date.components
            let first = day - Int32(ordinal - 1)
            return first..<first + Int32(CivilDate.length(ofMonth: month, year: year))
        }
    }
}

extension WindowLength: CustomStringConvertible {
    public var description: String {
        switch self {
        case .hours(let count): "\(count)h"
        case .day: "day"
        case .days(7): "week"
        case .days(let count): "\(count)d"
        case .month: "month"
        }
    }
}
