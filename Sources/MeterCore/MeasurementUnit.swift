/// The canonical unit of a channel. Raw values are stored in events and tables: never renumber, only add.
///
/// Sources write many spellings and multiples (`Wh`, `KWH`, `MWh`); `init?(spelling:)` gives the canonical unit and the power
/// of ten that converts a value to it.
public enum MeasurementUnit: UInt8, Sendable, CaseIterable {
    case kilowattHour = 1
    case kilovarHour = 2
    case kilovoltAmpereHour = 3
    case kilowatt = 4
    case kilovar = 5
    case kilovoltAmpere = 6
    case volt = 7
    case ampere = 8
    case hertz = 9
    case powerFactor = 10
    case cubicMetre = 11
    case degreeCelsius = 12
    case litre = 13
    case gigajoule = 14

    /// The symbol used in outputs.
    public var symbol: String {
        switch self {
        case .kilowattHour: "kWh"
        case .kilovarHour: "kvarh"
        case .kilovoltAmpereHour: "kVAh"
        case .kilowatt: "kW"
        case .kilovar: "kvar"
        case .kilovoltAmpere: "kVA"
        case .volt: "V"
        case .ampere: "A"
        case .hertz: "Hz"
        case .powerFactor: "pf"
        case .cubicMetre: "m3"
        case .degreeCelsius: "degC"
        case .litre: "L"
        case .gigajoule: "GJ"
        }
    }

    /// Whether an interval's value is an amount gathered over the interval (energy, volume), so that values may be added.
    public var isAccumulated: Bool {
        switch self {
        case .kilowattHour, .kilovarHour, .kilovoltAmpereHour, .cubicMetre, .litre, .gigajoule: true
        default: false
        }
    }

    /// The canonical unit of a source's spelling (any case) and the power of ten from it to the canonical unit.
    public static func spelled(_ spelling: String) -> (unit: MeasurementUnit, powerOfTen: Int)? {
        if let found = spellings[spelling.lowercased()] { return (found.unit, found.powerOfTen) }
        return nil
    }

    private struct Spelling: Sendable {
        let unit: MeasurementUnit
        let powerOfTen: Int
    }

    private static let spellings: [String: Spelling] = {
        var table: [String: Spelling] = [:]
        let families: [(MeasurementUnit, String)] = [
            (.kilowattHour, "wh"), (.kilovarHour, "varh"), (.kilovoltAmpereHour, "vah"),
            (.kilowatt, "w"), (.kilovar, "var"), (.kilovoltAmpere, "va"),
        ]
        for (unit, base) in families {
            for (prefix, power) in [("", -3), ("k", 0), ("m", 3), ("g", 6)] {
                table[prefix + base] = Spelling(unit: unit, powerOfTen: power)
            }
        }
        let singles: [(String, MeasurementUnit, Int)] = [
            ("v", .volt, 0), ("kv", .volt, 3), ("a", .ampere, 0), ("ma", .ampere, -3), ("hz", .hertz, 0),
            ("pf", .powerFactor, 0), ("m3", .cubicMetre, 0), ("m³", .cubicMetre, 0), ("l", .litre, 0),
            ("degc", .degreeCelsius, 0), ("°c", .degreeCelsius, 0), ("gj", .gigajoule, 0), ("mj", .gigajoule, -3),
        ]
        for (text, unit, power) in singles { table[text] = Spelling(unit: unit, powerOfTen: power) }
        return table
    }()
}
