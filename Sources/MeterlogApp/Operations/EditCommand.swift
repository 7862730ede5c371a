import ArgumentParser
import HTTPServing
import MeterCore
import Settings

/// `meterlog edit`: what a person decides about intervals.
struct EditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit",
        abstract: "Set, accept or reject interval values of a channel; the original values stay in the log.",
        discussion: """
            --values sets consecutive intervals from --from on (quality edited). --accept takes failed values as good (quality verified). \
            --reject takes values out of use; they are estimated like a gap. --clear takes all of these back.

            meterlog edit --meter M1 --from 2026-01-05T10:00:00Z --interval 900 --values 0.25,0.3 --reason "customer read"
            meterlog edit --meter M1 --channel E1 --from 2026-01-05T00:00:00Z --to 2026-01-06T00:00:00Z --accept --reason "checked"
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var gateway: GatewayOptions
    @OptionGroup var operation: OperationOptions

    @Option(help: "Meter id.")
    var meter: String

    @Option(help: "Channel.")
    var channel = "1-0:1.8.0"

    @Option(help: "Values of consecutive intervals, with commas.")
    var values: String?

    @Option(help: "Length of an interval of --values in seconds, or ISO 8601 (PT15M).")
    var interval: String?

    @Option(help: "Unit of --values.")
    var unit = "kWh"

    @Flag(help: "Values that failed a check are good.")
    var accept = false

    @Flag(help: "Values are not to be used.")
    var reject = false

    @Flag(help: "Take back values, acceptance and rejection.")
    var clear = false

    func validate() throws {
        let actions = [values != nil, accept, reject, clear].filter { $0 }.count
        guard actions == 1 else {
            throw ValidationError("one of --values, --accept, --reject and --clear says what to do")
        }
        if values != nil {
            guard interval != nil else { throw ValidationError("--values needs --interval") }
        } else {
            try operation.requireEnd()
        }
    }

    func run() async throws {
        let name = values != nil ? "set_values" : accept ? "accept" : reject ? "reject" : "clear"
        var json = try operation.begin(name)
        json.member("meter", meter)
        json.member("channel", channel)
        if let values, let interval {
            json.member("interval", interval)
            json.member("unit", unit)
            json.name("values")
            json.beginArray()
            for text in values.split(separator: ",", omittingEmptySubsequences: false) {
                let trimmed = text.trimmingPrefix { $0 == " " }
                let bytes = Array(trimmed.utf8)
                guard Quantity(bytes.span, 0..<bytes.count) != nil else {
                    throw ValidationError("--values: \"\(text)\" is no number")
                }
                json.string(String(trimmed))
            }
            json.endArray()
        }
        json.endObject()
        try await gateway.send(operations: [json], "edit of \(meter) \(channel)", settings: try common.settings())
    }
}
