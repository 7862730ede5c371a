import StreamCore

/// One message of w1, decoded: a day of intervals of one channel. Reused from message to message, so decoding allocates nothing.
struct DayMessage: Sendable {
    /// What is known of one interval.
    struct Slot: Sendable {
        /// Value = mantissa * 10^-decimals; 0 where there is none.
        var mantissa: Int64 = 0
        var decimals: UInt8 = 0
        var quality = W1Quality.missing
    }

    /// Intervals in one message at most: five minutes of a day.
    static let slotLimit = 288
    /// Largest value in units, so that sums and products of values at nine decimals fit 64 bits.
    static let valueLimit: Int64 = 100_000_000

    private(set) var id = 0..<0
    private(set) var meter = 0..<0
    private(set) var channel = 0..<0
    /// Start of the first interval, seconds since 1970-01-01T00:00:00Z.
    private(set) var start: Int64 = 0
    private(set) var intervalSeconds: Int64 = 0
    private(set) var receivedAtMilliseconds: Int64 = 0
    private(set) var count = 0
    /// Most decimals of any value.
    private(set) var decimals = 0
    private(set) var hasMissing = false
    var slots = Array(repeating: Slot(), count: DayMessage.slotLimit)

    /// Bits of the members that a message must have.
    private static let required: UInt8 = 0b11_1110

    /// - Returns: whether `bytes` are such a message.
    mutating func decode(_ bytes: Span<UInt8>) -> Bool {
        var scanner = JSONScanner()
        var seen: UInt8 = 0
        receivedAtMilliseconds = 0
        id = 0..<0
        guard scanner.take(bytes, UInt8(ascii: "{")) else { return false }
        repeat {
            guard let name = scanner.string(bytes), scanner.take(bytes, UInt8(ascii: ":")) else { return false }
            guard let bit = member(bytes, name, &scanner) else { return false }
            guard bit == 0 || seen & bit == 0 else { return false }
            seen |= bit
        } while scanner.take(bytes, UInt8(ascii: ","))
        guard scanner.take(bytes, UInt8(ascii: "}")), scanner.peek(bytes) == 0, scanner.cursor == bytes.count else {
            return false
        }
        return seen & DayMessage.required == DayMessage.required && (1...86_400).contains(intervalSeconds)
    }

    /// Reads one member; its bit, 0 for one that is not ours, nil when it is malformed.
    @inline(__always)
    private mutating func member(_ bytes: Span<UInt8>, _ name: Range<Int>, _ scanner: inout JSONScanner) -> UInt8? {
        // The first letter and the length tell the members apart; the rest is checked by `isName`.
        switch (name.count, unsafe bytes[unchecked: name.lowerBound]) {
        case (2, UInt8(ascii: "i")) where JSONScanner.isName(bytes, name, "id"):
            guard let text = scanner.stringOrNumber(bytes) else { return nil }
            id = text
            return 1
        case (5, UInt8(ascii: "m")) where JSONScanner.isName(bytes, name, "meter"):
            guard let text = scanner.plainText(bytes), !text.isEmpty else { return nil }
            meter = text
            return 2
        case (7, UInt8(ascii: "c")) where JSONScanner.isName(bytes, name, "channel"):
            guard let text = scanner.plainText(bytes) else { return nil }
            channel = text
            return 4
        case (5, UInt8(ascii: "s")) where JSONScanner.isName(bytes, name, "start"):
            guard let number = scanner.number(bytes), number.decimals == 0 else { return nil }
            start = number.mantissa
            return 8
        case (8, UInt8(ascii: "i")) where JSONScanner.isName(bytes, name, "interval"):
            guard let number = scanner.number(bytes), number.decimals == 0 else { return nil }
            intervalSeconds = number.mantissa
            return 16
        case (6, UInt8(ascii: "v")) where JSONScanner.isName(bytes, name, "values"):
            return values(bytes, &scanner) ? 32 : nil
        case (10, UInt8(ascii: "r")) where JSONScanner.isName(bytes, name, "receivedAt"):
            guard let number = scanner.number(bytes), number.decimals == 0 else { return nil }
            receivedAtMilliseconds = number.mantissa
            return 64
        default:
            return scanner.skipValue(bytes) ? 0 : nil
        }
    }

    @inline(__always)
    private mutating func values(_ bytes: Span<UInt8>, _ scanner: inout JSONScanner) -> Bool {
        guard scanner.take(bytes, UInt8(ascii: "[")) else { return false }
        var filled = 0
        var most = 0
        var missing = false
        var isLarge = false
        var slots = slots.mutableSpan
        repeat {
            guard filled < DayMessage.slotLimit else { return false }
            if scanner.null(bytes) {
                missing = true
                slots[filled] = Slot()
            } else {
                guard let number = scanner.number(bytes) else { return false }
                most = max(most, number.decimals)
                isLarge = isLarge || number.mantissa.magnitude > UInt64(DayMessage.valueLimit)
                slots[filled] = Slot(
                    mantissa: number.mantissa,
                    decimals: UInt8(truncatingIfNeeded: number.decimals),
                    quality: number.mantissa < 0 ? W1Quality.negative : W1Quality.valid
                )
            }
            filled += 1
        } while scanner.take(bytes, UInt8(ascii: ","))
        count = filled
        decimals = most
        hasMissing = missing
        return scanner.take(bytes, UInt8(ascii: "]")) && (!isLarge || isWithinLimit)
    }

    private var isWithinLimit: Bool {
        slots[..<count].allSatisfy { slot in
            slot.mantissa.magnitude / UInt64(PowersOfTen.power(Int(slot.decimals))) < UInt64(DayMessage.valueLimit)
        }
    }
}
