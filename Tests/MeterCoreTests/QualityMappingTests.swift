import MeterCore
import Testing

/// The ladder in the words of IEC 61968-9 and ESPI, both ways.
struct QualityMappingTests {
    @Test func readingQualitiesComeBackAsTheSamePlace() {
        for quality in Quality.allCases {
            let back = Quality(quality.readingQualities)
            switch quality {
            case .estimatedReferenceDay, .estimatedLinear, .estimatedScaled: #expect(back == .estimatedProfile)
            case .revenue: #expect(back == .validated)
            default: #expect(back == quality)
            }
        }
    }

    @Test(arguments: [
        ("1.0.0", Quality.raw), ("2.0.0", .raw), ("1.4.9", .raw), ("1.2.32", .raw), ("1.4.131", .raw),
        ("2.5.259", .missing), ("3.5.259", .missing), ("2.6.0", .failed), ("3.6.1", .failed), ("2.7.0", .edited),
        ("2.8.0", .estimatedProfile), ("3.8.17", .estimatedProfile), ("2.11.0", .derived), ("3.12.0", .projected),
        ("3.10.0", .questionable), ("1.5.1", .questionable), ("3.5.1", .failed), ("3.0.0", .validated),
        ("3.0.1", .validated),
    ])
    func readingQualitiesAreRead(text: String, quality: Quality) throws {
        let type = try #require(ReadingQualityType(text))
        #expect(type.description == text)
        #expect(Quality([type]) == quality)
    }

    @Test func severalReadingQualitiesCountTogether() {
        func quality(_ texts: String...) -> Quality? { Quality(texts.compactMap { ReadingQualityType($0) }) }
        #expect(quality("3.0.0", "3.6.2") == .verified)
        #expect(quality("3.0.0", "3.5.2") == .verified)
        #expect(quality("1.0.0", "2.6.0") == .failed)
        #expect(quality("2.8.0", "2.5.259") == .missing)
        #expect(quality("2.8.0", "3.7.0") == .edited)
        #expect(quality("1.0.0", "1.4.9") == .raw)
        #expect(quality() == nil)
        #expect(quality("1.9.0") == nil)
    }

    @Test(arguments: ["", "3", "3.0", "3.0.1.2", "a.b.c", "3..1", "3.-1.0", "3.0.99999", " 3.0.1"])
    func textsThatAreNoReadingQuality(text: String) {
        #expect(ReadingQualityType(text) == nil)
    }

    @Test func espiComesBackAsTheSamePlace() {
        for quality in Quality.allCases {
            let back = ESPIQuality(quality)?.quality
            switch quality {
            case .missing: #expect(back == nil)
            case .failed: #expect(back == .questionable)
            case .estimatedProfile, .estimatedScaled: #expect(back == .estimatedReferenceDay)
            default: #expect(back == quality)
            }
        }
    }

    @Test func espiCodesAreThoseOfTheSchema() {
        #expect(ESPIQuality.allCases.map(\.rawValue) == [0, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19])
        for code in ESPIQuality.allCases {
            let there = ESPIQuality(code.quality)
            switch code {
            case .valid: #expect(there == .raw)
            case .mixed, .other: #expect(there == .questionable)
            case .weatherNormalized: #expect(there == .derived)
            default: #expect(there == code)
            }
        }
    }
}
