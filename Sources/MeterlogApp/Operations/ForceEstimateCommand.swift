import ArgumentParser
import HTTPServing
import Settings

/// `meterlog force-estimate`: the way out of a long outage.
struct ForceEstimateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "force-estimate",
        abstract: "Estimate all that is missing in a span of time from historical averages, whatever the limits say.",
        discussion: """
            For a group of meters (as the registry names it) or for single meters. Late actual values still replace the estimates.

            meterlog force-estimate --group north --from 2026-01-05T00:00:00Z --to 2026-01-12T00:00:00Z --reason "collector lost"
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var gateway: GatewayOptions
    @OptionGroup var operation: OperationOptions

    @Option(help: "Group of meters.")
    var group: String?

    @Option(name: .long, help: "Meter id; may be given several times.")
    var meter: [String] = []

    func validate() throws {
        try operation.requireEnd()
        guard (group != nil) != (!meter.isEmpty) else { throw ValidationError("name either a --group or --meter") }
    }

    func run() async throws {
        var json = try operation.begin("force_estimate")
        if let group {
            json.member("group", group)
        } else {
            json.name("meters")
            json.beginArray()
            for name in meter { json.string(name) }
            json.endArray()
        }
        json.endObject()
        try await gateway.send(
            operations: [json],
            "forced estimate of \(group.map { "group \($0)" } ?? "\(meter.count) meters")",
            settings: try common.settings()
        )
    }
}
