/// Values as mantissas with one power of ten for the whole block, so that `0.125` costs two bytes instead of five.
enum Mantissas {
    private static let powers: [(exponent: Int32, factor: Int64)] = [
        (0, 1_000_000_000), (-1, 100_000_000), (-2, 10_000_000), (-3, 1_000_000), (-4, 100_000), (-5, 10_000),
        (-6, 1000),
        (-7, 100), (-8, 10), (-9, 1),
    ]

    /// The largest exponent in 0...-9 that holds every value exactly, and the mantissas.
    static func encode(_ billionths: [Int64]) -> (exponent: Int32, mantissas: [Int64]) {
        var index = 0
        for value in billionths {
            while index < 9, value % powers[index].factor != 0 { index += 1 }
            if index == 9 { break }
        }
        let factor = powers[index].factor
        return (powers[index].exponent, factor == 1 ? billionths : billionths.map { $0 / factor })
    }

    /// Billionths again.
    static func decode(_ mantissas: [Int64], exponent: Int32) throws(EventError) -> [Int64] {
        guard (-9...0).contains(exponent) else { throw .inconsistent("exponent \(exponent)") }
        let factor = powers[Int(-exponent)].factor
        if factor == 1 { return mantissas }
        var values = mantissas
        for index in values.indices {
            let (value, overflow) = values[index].multipliedReportingOverflow(by: factor)
            if overflow { throw .inconsistent("mantissa \(values[index]) with exponent \(exponent)") }
            values[index] = value
        }
        return values
    }
}
