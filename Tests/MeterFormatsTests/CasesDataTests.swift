import Foundation
import MeterCore
import MeterFormats
import Testing

private enum FieldCases {
    static let folder = TestFolders.packageRoot + "/../shared/cases/"
    static var areThere: Bool { FileManager.default.fileExists(atPath: folder + "COMMANDS.md") }
}

/// Files as the field sends them, kept outside the package.
@Suite(.enabled(if: FieldCases.areThere, "../shared/cases is not there"))
struct CasesDataTests {
    private static let folder = FieldCases.folder

    private func read(_ file: String, _ parameters: String) throws(DecodeError) -> ReadingBatch {
        let bytes = FileManager.default.contents(atPath: Self.folder + file).map { Array($0) } ?? []
        return try decoded(bytes, "text/csv; profile=mapped; " + parameters)
    }

    private func sum(_ batch: ReadingBatch, _ channel: String = "1-0:1.8.0") -> Int64 {
        batch.series.filter { $0.channel == channel }.reduce(0) { $0 + batch.billionths[$1.values].reduce(0, +) }
    }

    @Test(arguments: ["vienna-von-bis-autumn.csv", "vienna-von-bis-comma.csv"])
    func aDayOfViennaInAutumn(file: String) throws {
        let batch = try read(
            file,
            "time=bis; value=kWh; meter=m; interval=900; delimiter=semicolon; zone=Europe/Vienna; date-format=\"dd.MM.yyyy HH:mm\""
        )
        // Value n thousandths ends n quarters after midnight, 2026-10-24T22:00Z.
        #expect(batch.endSeconds == (1...100).map { 1_792_879_200 + 900 * $0 })
        #expect(batch.billionths == (1...100).map { $0 * 1_000_000 })
        #expect(batch.rejectCount == 0)
    }

    private static let esb =
        "meter-column=MPRN; time=\"Read Date and End Time\"; value=\"Read Value\"; interval=1800; zone=Europe/Dublin; "
        + "date-format=\"dd-MM-yyyy HH:mm\""

    @Test func newestFirstOverTheRepeatedHour() throws {
        let batch = try read("esb-newest-first-autumn.csv", Self.esb)
        // 146 lines, 144 of 0.05 or others: as many ends, half an hour apart.
        #expect(batch.rejectCount == 0 && batch.valueCount == 146)
        #expect(zip(batch.endSeconds, batch.endSeconds.dropFirst()).allSatisfy { $1 - $0 == 1800 })
    }

    @Test func importAndExportOfOneMeter() throws {
        let batch = try read("esb-import-export.csv", Self.esb)
        #expect(Set(batch.series.map(\.channel)) == ["1-0:1.8.0", "1-0:2.8.0"])
        #expect(batch.valueCount == 96 && batch.rejectCount == 0)
    }

    @Test func stampsThatOverlapTheStatedInterval() {
        func code(_ file: String, _ parameters: String) -> DecodeCode? {
            do throws(DecodeError) {
                _ = try read(file, parameters)
                return nil
            } catch { return error.code }
        }
        let quarter = "time=time; value=kWh; meter=m"
        #expect(code("quarter-hours-interval-forgotten.csv", quarter + "; interval=3600") == .intervalOverlap)
        #expect(code("quarter-hours-interval-forgotten.csv", quarter) == nil)
        let watts = "time=Horodate; value=Valeur; meter=m; unit=W; delimiter=semicolon"
        #expect(code("enedis-30-to-15.csv", watts + "; interval=1800") == .intervalOverlap)
        #expect(code("two-stamps-one-second-late-short.csv", quarter + "; interval=3600") == nil)
        #expect(code("one-off-grid-row.csv", quarter + "; interval=1800") == nil)
    }

    @Test func daysOfParisFromMarchToOctober() throws {
        let batch = try read(
            "daily-values-march-to-october-paris.csv",
            "time=date; value=kWh; meter=m; interval=86400; stamp=start; zone=Europe/Paris"
        )
        #expect(batch.valueCount == 219 && sum(batch) == 2_190_000_000_000)
        let zone = try #require(TestZones.catalog["Europe/Berlin"])  // Paris has had Berlin's clock since 1980.
        #expect(
            batch.endSeconds.allSatisfy { zone.localTime(of: Instant(secondsSinceEpoch: $0 - 86_400)).secondOfDay == 0 }
        )
    }

    @Test func aColumnWithoutNumbersLeavesTheOthers() throws {
        let batch = try read(
            "wide-one-nan-column.csv",
            "time=time; value=\"HA,HB,HC\"; meter-from=header; interval=3600; stamp=start"
        )
        #expect(batch.series.map(\.values.count) == [24, 6, 24] && batch.rejectCount == 18)
    }

    @Test func compactStampsOverTheRepeatedHour() throws {
        let batch = try read(
            "compact-stamps.csv",
            "time=time; value=kWh; meter-column=meter; interval=900; stamp=start; zone=Europe/Berlin; date-format=yyyyMMddHHmm"
        )
        #expect(batch.valueCount == 128 && sum(batch) == 19_200_000_000 && batch.rejectCount == 0)
        #expect(
            batch.series.allSatisfy { series in
                let ends = batch.endSeconds[series.values]
                return zip(ends, ends.dropFirst()).allSatisfy { $1 - $0 == 900 }
            }
        )
    }
}
