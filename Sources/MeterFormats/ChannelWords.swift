import MeterCore

/// The words with which files tell the registers and directions of a meter apart.
enum ChannelWords {
    /// A column of this name is looked at when no other is stated (lower case).
    static let columnName = "read type"

    /// The OBIS id of `Active Import Interval (kWh)` and the like; nil where the text names no direction, or both.
    static func channel(_ text: String, unit: MeasurementUnit) -> String? {
        let words = text.lowercased()
        let isImport = contains(words, "import")
        guard isImport != contains(words, "export") else { return nil }
        let isReactive = contains(words, "reactive") || contains(words, "kvar")
        let quantity = (isReactive ? 3 : 1) + (isImport ? 0 : 1)
        return "1-0:\(quantity).\(unit.gathered == nil ? 8 : 7).0"
    }

    /// Why a text that names a unit in brackets doesn't go with the unit of the values; nil where it does.
    static func contradiction(_ text: String, unit: MeasurementUnit) -> String? {
        guard channel(text, unit: unit) != nil, let open = text.lastIndex(of: "("), text.last == ")" else { return nil }
        let spelling = String(text[text.index(after: open)...].dropLast())
        guard let named = MeasurementUnit.spelled(spelling), named.unit != unit else { return nil }
        return
            "\"\(text.prefix(64))\" is in \(spelling), and the unit is stated as \(unit.symbol): state the parameter unit"
    }

    private static func contains(_ text: String, _ word: String) -> Bool {
        let (bytes, wanted) = (Array(text.utf8), Array(word.utf8))
        guard bytes.count >= wanted.count else { return false }
        return (0...bytes.count - wanted.count).contains { bytes[$0..<$0 + wanted.count].elementsEqual(wanted) }
    }
}
