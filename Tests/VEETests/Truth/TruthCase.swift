import MeterCore
import MeterEvents
import RuleSets
import VEE

/// What one seed sends: a few meters, a few days, everything that the field does to them.
struct TruthCase {
    var seed: UInt64
    /// The rules fail nothing but what the oracle knows to fail, so that values can be compared one by one. Otherwise the default rules
    /// hold and only what must always hold is checked.
    var isExact = true
    /// What a lock freezes depends on what came before it: no other order is compared.
    var hasLocks = false
    /// Registers scale estimates, so that these need not add up to a coarser value.
    var hasRegisters = false
    /// What the seed is made of, for people.
    var traits: [String] = []
    /// In the order of arrival.
    var events: [JournalEvent] = []
    /// Ticks that make everything due.
    var ending: [JournalEvent] = []

    func configuration(_ zones: ZoneCatalog) -> VEEConfiguration {
        var rules = RuleSet.default1
        if isExact { rules.base.spike.isEnabled = false }
        return VEEConfiguration(zones: zones, defaultRules: rules, limits: VEELimits(historyDays: 800))
    }

    var description: String {
        let head = "seed \(seed): \(traits.joined(separator: ", "))"
        return ([head] + events.map(TruthText.text)).joined(separator: "\n  ")
    }
}

/// Zones in which the cases play.
enum TruthZones {
    static let names = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]

    static func catalog() throws -> ZoneCatalog {
        try TestZones.catalog(names.filter { $0 != "UTC" })
    }
}

/// Events in words, one line each.
enum TruthText {
    static func text(_ event: JournalEvent) -> String {
        let received = Instant(secondsSinceEpoch: event.raw.receivedAtMilliseconds / 1000)
        switch event.body {
        case .intervalBlock(let block):
            let values = block.billionths.indices.map { value(block, $0) }
            return "block \(block.meter)/\(block.channel) \(block.start) \(block.intervalSeconds) s x \(block.count)"
                + " source \(block.source) version \(block.sourceVersion) zone \(block.zone) \(block.zoneOrigin)"
                + " received \(received) id \(event.raw.payloadHigh): \(values.joined(separator: " "))"
        case .manualEdit(let edit):
            var values = ""
            if case .setValues(let interval, let list) = edit.action { values = " \(interval) s \(list)" }
            return "\(edit.action.name) \(edit.meter)/\(edit.channel) \(edit.start)...\(edit.end)"
                + "\(values) received \(received) id \(event.raw.payloadHigh)"
        case .meterUpserted(let meter):
            return "registry \(meter.meter) \(meter.zone) received \(received) id \(event.raw.payloadHigh)"
        case .tick(let tick):
            let time = Instant(secondsSinceEpoch: tick.timeMilliseconds / 1000)
            return "tick \(time) partition \(tick.rawPartition) of \(tick.rawPartitionCount)"
        default:
            return "\(event.body) received \(received)"
        }
    }

    private static func value(_ block: IntervalBlock, _ index: Int) -> String {
        guard block.qualities[index] != IntervalBlock.noRecord else { return "-" }
        let quality = Quality(rawValue: block.qualities[index]) ?? .missing
        var text = quality == .missing ? "N" : number(block.billionths[index])
        if quality != .raw, quality != .missing { text += "(\(quality.name))" }
        if !block.sourceStatus.isEmpty { text += "[\(block.sourceStatus[index])]" }
        if !block.flags.isEmpty, block.flags[index] != 0 { text += "{\(block.flags[index])}" }
        return text
    }

    /// Billionths as a decimal number.
    static func number(_ billionths: Int64) -> String {
        let magnitude = billionths.magnitude
        var fraction = String(magnitude % 1_000_000_000)
        fraction = String(repeating: "0", count: 9 - fraction.count) + fraction
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return (billionths < 0 ? "-" : "") + String(magnitude / 1_000_000_000)
            + (fraction.isEmpty ? "" : "." + fraction)
    }
}
