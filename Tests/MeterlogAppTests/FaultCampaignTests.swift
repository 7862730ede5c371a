import MeterlogApp
import SimulationKit
import Synchronization
import Testing

@Suite struct FaultCampaignTests {
    private func campaign(
        seeds: Int,
        canary: PlantedDefect? = nil,
        isCrashSweep: Bool = false
    ) -> FaultCampaign {
        var options = FaultSimulation.Options()
        options.defect = canary
        return FaultCampaign(
            firstSeed: 1,
            seeds: seeds,
            options: options,
            parallel: 2,
            isCrashSweep: isCrashSweep,
            stopsAtFailure: canary != nil
        )
    }

    @Test(arguments: PlantedDefect.allCases)
    func aPlantedBugIsFoundWithin100Seeds(canary: PlantedDefect) async throws {
        let campaign = campaign(seeds: 100, canary: canary)
        let report = FaultReport(campaign: campaign, summary: await campaign.run {}, faults: [.crash], canary: canary)
        #expect(report.isGood)
        let failure = try #require(report.summary.failures.first)
        #expect(
            report.command(for: failure)
                == "meterlog simulate-faults --first-seed \(failure.seed) --seeds 1 --fault crash --canary \(canary.rawValue)"
        )
        #expect(report.lines.last?.contains("was found with seed \(failure.seed)") == true)
    }

    @Test func everySeedIsRunOnceAndNothingBreaks() async {
        let campaign = campaign(seeds: 25)
        let seen = Mutex(0)
        let summary = await campaign.run { seen.withLock { $0 += 1 } }
        #expect(seen.withLock { $0 } == 25)
        #expect(summary.runs == 25)
        #expect(summary.failed == 0, "\(summary.failures)")
        let report = FaultReport(campaign: campaign, summary: summary, faults: [], canary: nil)
        #expect(report.isGood)
        #expect(report.json.contains(#""failed":0,"failures":[],"good":true}"#))
    }

    @Test func aBugThatIsNotThereIsNotFound() async {
        let campaign = campaign(seeds: 1)
        let report = FaultReport(
            campaign: campaign,
            summary: await campaign.run {},
            faults: [],
            canary: .redoKeepsOutputs
        )
        #expect(!report.isGood)
        #expect(report.lines.last?.contains("NOT found") == true)
    }

    @Test func everyStepHasItsCrash() async {
        let campaign = campaign(seeds: 1, isCrashSweep: true)
        let summary = await campaign.run {}
        #expect(summary.runs == CrashSweep(seed: 1).crashPoints)
        #expect(summary.faults[FaultKind.crash.rawValue] == summary.runs)
        #expect(summary.failed == 0, "\(summary.failures)")
    }
}
