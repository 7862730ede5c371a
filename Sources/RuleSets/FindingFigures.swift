import MeterCore

/// The figures of a finding, as its words need them.
struct FindingFigures: Sendable {
    let observedBillionths: Int64
    let limitBillionths: Int64
    /// Of the channel.
    let unit: MeasurementUnit

    /// In whole ones: seconds, days or a count.
    var whole: Int64 { observedBillionths / Quantity.scale }
    var wholeLimit: Int64 { limitBillionths / Quantity.scale }

    var amount: String { amount(observedBillionths) }
    var limitAmount: String { amount(limitBillionths) }

    var percent: String { "\(Quantity(billionths: observedBillionths)) %" }
    var limitPercent: String { "\(Quantity(billionths: limitBillionths)) %" }

    func amount(_ billionths: Int64) -> String { "\(Quantity(billionths: billionths)) \(unit.symbol)" }

    /// The names of the flags that were observed.
    var flags: String {
        let raw = whole
        var names: [String] = []
        for (bit, name) in IntervalFlags.names.enumerated() where raw & (1 << Int64(bit)) != 0 { names.append(name) }
        return names.joined(separator: ", ")
    }
}
