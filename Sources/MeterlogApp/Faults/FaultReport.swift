import HTTPServing
package import SimulationKit

/// Shows what came of a fault simulation, as text or as JSON.
package struct FaultReport {
    let campaign: FaultCampaign
    package let summary: FaultCampaign.Summary
    let faults: [FaultKind]
    let canary: PlantedDefect?

    package init(
        campaign: FaultCampaign,
        summary: FaultCampaign.Summary,
        faults: [FaultKind],
        canary: PlantedDefect?
    ) {
        self.campaign = campaign
        self.summary = summary
        self.faults = faults
        self.canary = canary
    }

    /// Whether it came out as it should: no law broken, or the planted bug found.
    package var isGood: Bool { canary == nil ? summary.failed == 0 : summary.failed > 0 }

    package var lines: [String] {
        let last = campaign.firstSeed + UInt64(max(0, campaign.seeds - 1))
        var lines = [
            "seeds     \(campaign.firstSeed) to \(last), \(summary.runs) runs in \(JSONNumber.text(summary.seconds)) s",
            "work      \(summary.steps) steps, \(summary.inputs) inputs, \(summary.outputs) outputs",
            "faults    \(Self.list(summary.faults))",
            "events    \(Self.list(summary.events))",
        ]
        for failure in summary.failures {
            lines.append("BROKEN    seed \(failure.seed): \(failure.violation)")
            lines.append("          again: \(command(for: failure))")
        }
        lines.append(verdict)
        return lines
    }

    private var verdict: String {
        switch (canary, summary.failures.first) {
        case (nil, nil): "every law was kept in every run"
        case (nil, _?): "\(summary.failed) of \(summary.runs) runs broke a law"
        case (let canary?, let failure?): "the planted bug \(canary.rawValue) was found with seed \(failure.seed)"
        case (let canary?, nil): "the planted bug \(canary.rawValue) was NOT found in \(summary.runs) runs"
        }
    }

    /// The command line that shows one failure again.
    package func command(for failure: FaultCampaign.Failure) -> String {
        var words = ["meterlog simulate-faults --first-seed \(failure.seed) --seeds 1"]
        for fault in faults { words.append("--fault \(fault.rawValue)") }
        if let canary { words.append("--canary \(canary.rawValue)") }
        if campaign.isCrashSweep { words.append("--every-step") }
        return words.joined(separator: " ")
    }

    private static func list(_ counts: [String: Int]) -> String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    package var json: String {
        var writer = JSONText()
        writer.beginObject()
        writer.name("firstSeed")
        writer.raw(String(campaign.firstSeed))
        writer.member("seeds", Int64(campaign.seeds))
        writer.member("runs", Int64(summary.runs))
        writer.member("steps", Int64(summary.steps))
        writer.member("inputs", Int64(summary.inputs))
        writer.member("outputs", Int64(summary.outputs))
        writer.name("seconds")
        writer.raw(JSONNumber.text(summary.seconds))
        write("faults", summary.faults, &writer)
        write("events", summary.events, &writer)
        if let canary { writer.member("canary", canary.rawValue) }
        writer.member("failed", Int64(summary.failed))
        writer.name("failures")
        writer.beginArray()
        for failure in summary.failures {
            writer.beginObject()
            writer.name("seed")
            writer.raw(String(failure.seed))
            if let point = failure.crashPoint { writer.member("crashPoint", Int64(point)) }
            writer.member("law", failure.violation.law.rawValue)
            writer.member("detail", failure.violation.detail)
            writer.member("command", command(for: failure))
            writer.endObject()
        }
        writer.endArray()
        writer.member("good", isGood)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    private func write(_ name: String, _ counts: [String: Int], _ writer: inout JSONText) {
        writer.name(name)
        writer.beginObject()
        for (key, count) in counts.sorted(by: { $0.key < $1.key }) { writer.member(key, Int64(count)) }
        writer.endObject()
    }
}
