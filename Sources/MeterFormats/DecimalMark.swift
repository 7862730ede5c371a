import MeterCore

/// What stands before the fraction of a number in a file.
enum DecimalMark: Equatable {
    case point
    case comma

    /// The number in `range`.
    func quantity(_ bytes: Span<UInt8>, _ range: Range<Int>, powerOfTen: Int) -> Quantity? {
        guard self == .comma else { return Quantity(bytes, range, powerOfTen: powerOfTen) }
        var text: [UInt8] = []
        text.reserveCapacity(range.count)
        for index in range {
            // A point in such a number would be a separator of thousands: nothing is guessed about it.
            if bytes[index] == UInt8(ascii: ".") { return nil }
            text.append(bytes[index] == UInt8(ascii: ",") ? UInt8(ascii: ".") : bytes[index])
        }
        return Quantity(text.span, 0..<text.count, powerOfTen: powerOfTen)
    }

    /// What one number shows.
    enum Evidence: Equatable {
        case none
        case point
        case comma
        /// `1,234`: a fraction, or thousands.
        case unclear
    }

    static func evidence(_ bytes: Span<UInt8>, _ range: Range<Int>) -> Evidence {
        var commas = 0
        var lastComma = 0
        var lastPoint: Int?
        for index in range {
            switch bytes[index] {
            case UInt8(ascii: ","): (commas, lastComma) = (commas + 1, index)
            case UInt8(ascii: "."): lastPoint = index
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"): continue
            default: return .none
            }
        }
        if let lastPoint { return commas > 0 && lastComma > lastPoint ? .comma : .point }
        guard commas > 0 else { return .none }
        guard commas == 1 else { return .point }
        let isSigned = bytes[range.lowerBound] == UInt8(ascii: "-") || bytes[range.lowerBound] == UInt8(ascii: "+")
        let first = range.lowerBound + (isSigned ? 1 : 0)
        let isGroup = range.upperBound - lastComma == 4 && (1...3).contains(lastComma - first)
        return isGroup && bytes[first] != UInt8(ascii: "0") ? .unclear : .comma
    }
}
