/// Numbers for `--json` outputs.
enum JSONNumber {
    /// Three decimals.
    static func text(_ value: Double) -> String {
        guard value.isFinite else { return "null" }
        let thousandths = Int64((value * 1000).rounded())
        let fraction = String(abs(thousandths % 1000))
        let sign = thousandths < 0 && thousandths / 1000 == 0 ? "-" : ""
        return "\(sign)\(thousandths / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    }
}
