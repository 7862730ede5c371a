import MeterCore
import MeterFormats
import Testing

/// The ladder in the words of the Australian market, both ways.
struct NEMQualityLadderTests {
    @Test func qualitiesComeBackAsTheSamePlace() {
        for quality in Quality.allCases {
            let back = NEMQuality(quality)?.quality
            switch quality {
            case .failed: #expect(back == nil)
            case .questionable, .verified, .validated, .revenue: #expect(back == .raw)
            default: #expect(back == quality)
            }
        }
    }

    @Test(arguments: [
        (Quality.estimatedLinear, EstimationMethod.linear, "S17"),
        (.estimatedLinear, .outageZero, "S19"),
        (.estimatedLinear, .checkMeter, "S11"),
        (.estimatedReferenceDay, .referenceDays, "S15"),
        (.estimatedReferenceDay, .likeDay, "S14"),
        (.estimatedProfile, .classProfile, "S57"),
        (.estimatedProfile, .averageLoad, "S25"),
        (.estimatedScaled, .linear, "S24"),
        (.estimatedScaled, .registerFlat, "S24"),
        (.projected, .source, "E20"),
        (.projected, .extrapolated, "E22"),
        (.edited, .manual, "F53"),
        (.revenue, .none, "A"),
        (.revenue, .linear, "F17"),
        (.revenue, .manual, "F53"),
        (.missing, .none, "N"),
        (.validated, .none, "A"),
    ])
    func methodsAreNamed(quality: Quality, method: EstimationMethod, field: String) throws {
        #expect(try #require(NEMQuality(quality, method: method)).description == field)
    }

    @Test func aDoubtfulValueHasAReason() throws {
        let written = try #require(NEMQuality(.questionable))
        #expect(written.flag == .actual)
        #expect(written.reason == 45)
        #expect(NEMQuality(status: written.status) == written)
    }
}
