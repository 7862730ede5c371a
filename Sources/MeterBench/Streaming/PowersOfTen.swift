/// 10^0 to 10^9.
enum PowersOfTen {
    @inline(__always)
    static func power(_ exponent: Int) -> Int64 {
        switch exponent {
        case 0: 1
        case 1: 10
        case 2: 100
        case 3: 1_000
        case 4: 10_000
        case 5: 100_000
        case 6: 1_000_000
        case 7: 10_000_000
        case 8: 100_000_000
        default: 1_000_000_000
        }
    }

    /// A quotient rounded to the nearest whole number, halves away from zero.
    @inline(__always)
    static func rounded(_ dividend: Int64, dividedBy divisor: Int64) -> Int64 {
        let half = divisor / 2
        return dividend >= 0 ? (dividend + half) / divisor : (dividend - half) / divisor
    }

    /// `mantissa * 10^-from` as a mantissa with other decimals, rounded where that has fewer.
    @inline(__always)
    static func rescale(_ mantissa: Int64, from: Int, to decimals: Int) -> Int64 {
        decimals >= from ? mantissa &* power(decimals - from) : rounded(mantissa, dividedBy: power(from - decimals))
    }
}
