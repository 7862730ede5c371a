import MeterCore
import Testing

@Suite struct QuantityTests {
    private static func parse(_ text: String, powerOfTen: Int = 0) -> Int64? {
        let bytes = Array(text.utf8)
        return Quantity(bytes.span, 0..<bytes.count, powerOfTen: powerOfTen)?.billionths
    }

    @Test(arguments: [
        ("0", 0), ("-0", 0), ("27.79", 27_790_000_000), ("+1", 1_000_000_000), (".5", 500_000_000),
        ("5.", 5_000_000_000),
        ("1e3", 1_000_000_000_000), ("2.5E-9", 2), ("9223372036.854775807", Int64.max),
        ("-9223372036.854775807", -Int64.max),
        ("0.123456789012345678901234567890", 123_456_789),
    ])
    func exactTexts(_ text: String, _ billionths: Int64) {
        #expect(QuantityTests.parse(text) == billionths)
    }

    /// Nearest, and to the even one where two are as near.
    @Test(arguments: [
        ("0.0000000005", 0), ("0.0000000015", 2), ("0.0000000025", 2), ("-0.0000000015", -2), ("0.00000000051", 1),
        ("0.00000000149", 1), ("0.00000000050000000000000000001", 1), ("0.0000000004999999999999999999999", 0),
        ("1.0000000005", 1_000_000_000), ("1.0000000015", 1_000_000_002), ("0.00000000005", 0),
    ])
    func ties(_ text: String, _ billionths: Int64) {
        #expect(QuantityTests.parse(text) == billionths)
    }

    @Test(arguments: [
        "", "-", ".", "1.2.3", "1e", "1e+", "NaN", "0x1", "1 ", " 1", "1,5", "9223372036.854775808", "1e99", "--1",
    ])
    func whatIsNoNumberOrDoesNotFit(_ text: String) {
        #expect(QuantityTests.parse(text) == nil)
    }

    @Test func unitsAreConvertedByPowersOfTen() {
        #expect(QuantityTests.parse("1500", powerOfTen: -3) == 1_500_000_000)
        #expect(QuantityTests.parse("1.5", powerOfTen: 3) == 1_500_000_000_000)
    }

    @Test(arguments: [0, 1, -1, 27_790_000_000, -3_000_000_000, 123_456_789, Int64.max, -Int64.max])
    func textComesBack(_ billionths: Int64) {
        #expect(QuantityTests.parse(Quantity(billionths: billionths).description) == billionths)
    }

    /// A year of hourly values that all end in a five keeps its sum to far below a millionth.
    @Test func roundingDoesNotAddUp() {
        var sum: Int64 = 0
        var exactTenths: Int64 = 0
        for index in 0..<8760 {
            let tenths = Int64(index) * 7_919 * 10 + 5
            exactTenths += tenths
            let digits = String(tenths)
            let text = "0." + String(repeating: "0", count: 10 - digits.count) + digits
            sum += QuantityTests.parse(text) ?? 0
        }
        #expect(abs(sum * 10 - exactTenths) < 2000)
    }
}
