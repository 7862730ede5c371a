extension Int64 {
    /// Quotient rounded towards negative infinity; the divisor is above zero.
    @inlinable
    @inline(__always)
    package func flooredQuotient(_ divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }

    /// Remainder in `0 ..< divisor`.
    @inlinable
    @inline(__always)
    package func flooredRemainder(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}
