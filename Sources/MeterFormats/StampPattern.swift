import MeterCore

/// A timestamp layout such as `dd/MM/yyyy H:mm`: `yyyy`, `MM`, `M`, `dd`, `d`, `HH`, `H`, `mm`, `ss`, everything else as it stands.
///
/// Double letters want two digits, single letters take one or two.
struct StampPattern {
    private enum Part: Equatable {
        case year
        case month(Int)
        case day(Int)
        case hour(Int)
        case minute
        case second
        case literal(UInt8)
    }

    private var parts: [Part] = []

    /// Nil when the text is no such layout, or a date cannot be read from it.
    init?(_ text: String) {
        let letters = Array(text.utf8)
        guard letters.count <= 64 else { return nil }
        var index = 0
        while index < letters.count {
            let letter = letters[index]
            var run = 1
            while index + run < letters.count, letters[index + run] == letter { run += 1 }
            switch (letter, run) {
            case (UInt8(ascii: "y"), 4): parts.append(.year)
            case (UInt8(ascii: "M"), 1...2): parts.append(.month(run))
            case (UInt8(ascii: "d"), 1...2): parts.append(.day(run))
            case (UInt8(ascii: "H"), 1...2): parts.append(.hour(run))
            case (UInt8(ascii: "m"), 2): parts.append(.minute)
            case (UInt8(ascii: "s"), 2): parts.append(.second)
            case (0x41...0x5a, _), (0x61...0x7a, _): return nil
            default: parts.append(contentsOf: repeatElement(.literal(letter), count: run))
            }
            index += run
        }
        let days = parts.filter { if case .day = $0 { true } else { false } }
        let months = parts.filter { if case .month = $0 { true } else { false } }
        guard parts.filter({ $0 == .year }).count == 1, days.count == 1, months.count == 1 else { return nil }
    }

    /// The date and the second of the day, or nil when the bytes do not follow the layout.
    func read(_ bytes: Span<UInt8>, _ range: Range<Int>) -> (date: CivilDate, secondOfDay: Int)? {
        var (year, month, day, hour, minute, second) = (0, 0, 0, 0, 0, 0)
        var cursor = range.lowerBound
        for part in parts {
            let field: Int?
            switch part {
            case .year: field = Self.number(bytes, &cursor, range.upperBound, 4...4)
            case .month(let digits), .day(let digits), .hour(let digits):
                field = Self.number(bytes, &cursor, range.upperBound, digits...2)
            case .minute, .second: field = Self.number(bytes, &cursor, range.upperBound, 2...2)
            case .literal(let byte):
                guard cursor < range.upperBound, bytes[cursor] == byte else { return nil }
                cursor += 1
                continue
            }
            guard let field else { return nil }
            switch part {
            case .year: year = field
            case .month: month = field
            case .day: day = field
            case .hour: hour = field
            case .minute: minute = field
            case .second: second = field
            case .literal: break
            }
        }
        let secondOfDay = hour * 3600 + minute * 60 + second
        guard cursor == range.upperBound, minute <= 59, second <= 59, secondOfDay <= 86_400,
            let date = CivilDate(year: year, month: month, day: day)
        else { return nil }
        return (date, secondOfDay)
    }

    private static func number(
        _ bytes: Span<UInt8>,
        _ cursor: inout Int,
        _ end: Int,
        _ digits: ClosedRange<Int>
    ) -> Int? {
        var stop = cursor
        while stop < end, stop - cursor < digits.upperBound, bytes[stop] &- 0x30 <= 9 { stop += 1 }
        guard stop - cursor >= digits.lowerBound else { return nil }
        defer { cursor = stop }
        return DecimalText.unsigned(bytes, cursor..<stop)
    }
}
