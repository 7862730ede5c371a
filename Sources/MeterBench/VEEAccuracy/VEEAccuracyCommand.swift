import ArgumentParser
import Foundation
import Settings

/// `meterlog-bench vee-accuracy`: how good estimates are, and what the rules find, on real data.
struct VEEAccuracyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "vee-accuracy",
        abstract: "Scores estimation and validation on real data with gaps and faults at known places.",
        discussion: """
            Gaps with the lengths and the places in the week of the real ones in households-with-gaps are cut from the buildings, whose truth \
            is then known; every method fills them alone, then the shipped order, beside three baselines. Faults are put in at known \
            places, and the shipped rules are asked for them; what they say of the untouched data is the false alarm rate. The real VEE \
            processor does all of it. Exit code 2 when a goal is missed.
            """
    )

    @Flag(help: "One JSON object.")
    var json = false
    @Option(help: "Folder with buildings.tar.xz, buildings-meta.csv and households-with-gaps.csv.xz.")
    var data = "../shared/data/interval"
    @Option(help: "Buildings, spread over all of them. Default: all.")
    var buildings: Int?
    @Option(help: "Seed of the places.")
    var seed: UInt64 = 1
    @Option(help: "Time zone database.")
    var zoneinfo = "/usr/share/zoneinfo"

    func validate() throws {
        if let buildings, !(2...100_000).contains(buildings) { throw ValidationError("--buildings is 2 to 100000") }
    }

    func run() throws {
        let zones = try ZoneFiles.load(zoneinfo).zones
        let source = RealData(folder: data, zones: zones)
        let cutter = GapCutter(try source.householdGaps())
        let years = try source.buildings(limit: buildings)
        guard years.count >= 2 else { throw AccuracyError.noData("\(data) has fewer than two buildings") }
        var random = BenchRandom(seed: seed)
        var estimation = try EstimationTrial(zones: zones)
        var detection = DetectionTrial(zones: zones)
        for (index, year) in years.enumerated() {
            try estimation.run(year, cutter.cuts(in: year, &random))
            try detection.runUntouched(year)
            let other = years[(index + 1 + random.below(years.count - 1)) % years.count]
            try detection.runInjected(AnomalyInjector(year, other: other, &random))
            progress(index + 1, of: years.count)
        }
        let report = AccuracyReport(
            estimation: estimation,
            detection: detection,
            buildings: years.count,
            patterns: GapClass.allCases.map { ($0, cutter.patternCount($0)) },
            seed: seed
        )
        print(json ? report.json : report.text)
        if report.verdicts.contains(where: { !$0.holds }) { throw ExitCode(2) }
    }

    private func progress(_ done: Int, of all: Int) {
        guard isatty(STDERR_FILENO) == 1 || done == all || done % 50 == 0 else { return }
        FileHandle.standardError.write(Data("\rvee-accuracy: \(done) of \(all) buildings".utf8))
        if done == all || isatty(STDERR_FILENO) != 1 { FileHandle.standardError.write(Data("\n".utf8)) }
    }
}
