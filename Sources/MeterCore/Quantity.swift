/// A measured amount as a whole number of billionths (1e-9) of its channel's canonical unit.
///
/// For energy the canonical unit is the kilowatt-hour, so one step is a microwatt-hour and the range is about
/// ±9.2 billion kWh: finer than any meter's register and wider than any interval. Sums are done in `Int64` with overflow
/// checks; nothing on the data plane is floating point, so the same input gives the same bytes on every machine.
public struct Quantity: Hashable, Comparable, Sendable {
    /// Billionths of the canonical unit.
    public var billionths: Int64

    public init(billionths: Int64) {
        self.billionths = billionths
    }

    /// Steps in one canonical unit.
    public static let scale: Int64 = 1_000_000_000
    public static let zero = Quantity(billionths: 0)

    public static func < (left: Quantity, right: Quantity) -> Bool {
        left.billionths < right.billionths
    }

    /// The decimal number in `range` times `10^powerOfTen`, rounded to the nearest billionth (ties to even).
    ///
    /// Reads `[+-]digits[.digits][(e|E)[+-]digits]`. Nil when the text is not such a number or the result does not fit.
    public init?(_ bytes: Span<UInt8>, _ range: Range<Int>, powerOfTen: Int = 0) {
        guard let billionths = DecimalNumber(bytes, range)?.scaled(powerOfTen: powerOfTen + 9) else { return nil }
        self.billionths = billionths
    }

    /// Appends the shortest exact decimal text: `27.79`, `0.000000001`, `-3`.
    public func append(to bytes: inout [UInt8]) {
        if billionths < 0 { bytes.append(UInt8(ascii: "-")) }
        let magnitude = billionths.magnitude
        DecimalText.append(magnitude: magnitude / 1_000_000_000, minimumDigits: 1, to: &bytes)
        let fraction = magnitude % 1_000_000_000
        guard fraction > 0 else { return }
        bytes.append(UInt8(ascii: "."))
        DecimalText.append(magnitude: fraction, minimumDigits: 9, to: &bytes)
        while bytes.last == UInt8(ascii: "0") { bytes.removeLast() }
    }
}

extension Quantity: CustomStringConvertible {
    public var description: String {
        var bytes: [UInt8] = []
        append(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
