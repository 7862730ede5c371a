import Foundation
import MeterCore
import MeterEvents
import RuleSets
import Testing

/// The text of rule sets: reading, writing, comparing, and the files that ship.
struct RuleSetTextTests {
    @Test func parametersAreRead() throws {
        let json = """
            {
              "name": "winter",
              "rules": {
                "V08": { "enabled": false },
                "V19": { "enabled": true, "thresholdPercent": 250.5, "minimumPerHour": 1e-1, "severity": "warn" },
                "V30": { "netChannels": ["N1", "2-0:*", "\\u0042"] }
              },
              "estimation": {
                "order": [{"method": "E2", "maximumGapSeconds": 86400}, {"method": "E1", "maximumGapSeconds": 3600}],
                "powerFailureReasons": [43, 79],
                "holidays": ["2026-12-25"],
                "referenceDays": {"count": 4},
                "profiles": [{"customerClass": "a",
                    "weekday": [1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0,2],
                    "weekend": [0,0,0,0,0,0,0,0,0,0,0,0,3,0,0,0,0,0,0,0,0,0,0,0]}]
              }
            }
            """
        var expected = RuleSet(version: "2026-01")
        expected.base.alignment.isEnabled = false
        expected.base.spike.thresholdPercentBillionths = 250_500_000_000
        expected.base.spike.minimumPerHourBillionths = 100_000_000
        expected.base.spike.severity = .warn
        expected.base.negative.netChannels = ["N1", "2-0:*", "B"]
        expected.base.estimation.order = [
            EstimationParameters.Step(.referenceDays, maximumGapSeconds: 86_400),
            EstimationParameters.Step(.linear, maximumGapSeconds: 3600),
        ]
        expected.base.estimation.powerFailureReasons = [43, 79]
        expected.base.estimation.holidays = [try #require(CivilDate(year: 2026, month: 12, day: 25))]
        expected.base.estimation.referenceDays.count = 4
        var weekday = [UInt32](repeating: 0, count: 24)
        weekday[0] = 1
        weekday[23] = 2
        var weekend = [UInt32](repeating: 0, count: 24)
        weekend[12] = 3
        expected.base.estimation.profiles = [
            EstimationParameters.ClassProfile(customerClass: "a", weekday: weekday, weekend: weekend)
        ]
        let read = try RuleSet(json: json, version: "2026-01")
        #expect(read == expected)
        #expect(try RuleSet(json: read.json, version: "2026-01") == expected)
        #expect(try RuleSet(json: "{}", version: "default-1") == .default1)
    }

    @Test(arguments: [
        ("", 1), ("{", 1), ("[]", 1), ("{}x", 1), ("{\n\"rules\":{\n\"V99\":{}}}", 3),
        ("{\"rules\":{\"V19\":{\"tresholdPercent\":1}}}", 1),
        ("{\n\"version\":\"b\"}", 2), ("{\"name\":5}", 1), ("{\"rules\":{\"V19\":{\"enabled\":1}}}", 1),
        ("{\"rules\":{},\n\"rules\":{}}", 2),
        ("{\"rules\":{\"V19\":{\"thresholdPercent\":-1}}}", 1), ("{\"rules\":{\"V19\":{\"thresholdPercent\":01}}}", 1),
        ("{\"rules\":{\"V19\":{\n\"severity\":\"bad\"}}}", 2),
        ("{\"estimation\":{\"order\":[{\"method\":\"E1\",\"maximumGapSeconds\":1.5}]}}", 1),
        ("{\"estimation\":{\"order\":[\n{\"method\":\"E99\",\"maximumGapSeconds\":1}]}}", 2),
        ("{\"estimation\":{\"order\":[{\"method\":\"E1\"}]}}", 1),
        (
            "{\"estimation\":{\"order\":[{\"method\":\"E1\",\"maximumGapSeconds\":1},\n"
                + "{\"method\":\"E1\",\"maximumGapSeconds\":2}]}}", 2
        ),
        ("{\"estimation\":{\"E1\":{\"maximumGapSeconds\":1}}}", 1),
        ("{\"estimation\":{\"powerFailureReasons\":[256]}}", 1),
        ("{\"estimation\":{\"holidays\":[\"2026-02-30\"]}}", 1),
        ("{\"estimation\":{\"holidays\":[\"2026-2-3\"]}}", 1),
        ("{\"estimation\":{\"profiles\":[{\"weekday\":[1],\"weekend\":[1]}]}}", 1),
        ("{\"rules\":{\"V30\":{\"netChannels\":[1]}}}", 1), ("{\"rules\":{\"V39\":{\"lowPercent\":111}}}", 1),
        ("{\"rules\":{\"V30\":{\"netChannels\":[\"a\",]}}}", 1), ("{\"rules\":tru}", 1), ("{\"a\\q\":1}", 1),
        ("{\"rules\":{\"V23\":{\"currentDays\":16}}}", 1), (String(repeating: "[", count: 100), 1),
        ("{\"rules\":{\"V19\":{\"thresholdPercent\":1.}}}", 1),
        ("{\"overrides\":{}}", 1), ("{\"overrides\":[{}]}", 1), ("{\"overrides\":[\n{\"match\":{}}]}", 2),
        ("{\"overrides\":[{\"match\":{\"serial\":[\"a\"]}}]}", 1),
        ("{\"overrides\":[{\"match\":{\"group\":[\"a\"]},\n\"rules\":{\"V00\":{}}}]}", 2),
        ("{\"overrides\":[\n{\"match\":{\"group\":[\"a\"]},\"rules\":{\"V39\":{\"highPercent\":1}}}]}", 2),
    ])
    func aBadTextIsRefusedWithItsLine(json: String, line: Int) {
        let error = #expect(throws: RuleSetError.self) { _ = try RuleSet(json: json, version: "a") }
        #expect(error?.line == line)
    }

    private let withOverrides = """
        {"rules": {"V21": {"thresholdPercent": 400}},
         "overrides": [
          {"match": {"customerClass": ["commercial", "ind*"]},
           "rules": {"V21": {"enabled": true}, "V19": {"severity": "warn"}}},
          {"match": {"group": ["north"], "channel": ["E1"]},
           "rules": {"V19": {"severity": "info"}}, "estimation": {"storm": {"enabled": false}}},
          {"match": {"meter": ["x7", "y*"]}, "estimation": {"derivedRegisters": {"enabled": false}}},
          {"match": {"commodity": ["water"]}, "estimation": {"order": []}}
         ]}
        """

    @Test func overridesAreAppliedInOrder() throws {
        let rules = try RuleSet(json: withOverrides, version: "o")
        func parameters(_ traits: SeriesTraits) -> RuleParameters { rules.parameters(for: traits) }
        let plain = parameters(SeriesTraits(channel: "E1"))
        #expect(plain == rules.base)
        #expect(!plain.step.isEnabled)
        #expect(plain.step.thresholdPercentBillionths == 400 * Quantity.scale)
        let industry = parameters(SeriesTraits(customerClass: "industrial", channel: "E1"))
        #expect(industry.step.isEnabled)
        #expect(industry.step.thresholdPercentBillionths == 400 * Quantity.scale)
        #expect(industry.spike.severity == .warn)
        #expect(industry.estimation.storm.isEnabled)
        let both = parameters(SeriesTraits(customerClass: "commercial", group: "north", channel: "E1"))
        #expect(both.step.isEnabled)
        #expect(both.spike.severity == .info)
        #expect(!both.estimation.storm.isEnabled)
        let otherChannel = parameters(SeriesTraits(customerClass: "commercial", group: "north", channel: "E2"))
        #expect(otherChannel.spike.severity == .warn)
        #expect(parameters(SeriesTraits(commodity: "water")).estimation.order.isEmpty)
        #expect(!parameters(SeriesTraits(commodity: "waterway")).estimation.order.isEmpty)
        #expect(!parameters(SeriesTraits(meter: "x7")).estimation.derivedRegisters.isEnabled)
        #expect(!parameters(SeriesTraits(meter: "y77")).estimation.derivedRegisters.isEnabled)
        #expect(parameters(SeriesTraits(meter: "x77")).estimation.derivedRegisters.isEnabled)
    }

    @Test func theTextHasEverythingAndReadsBackEqual() throws {
        let rules = try RuleSet(json: withOverrides, version: "o \"1\"")
        #expect(try RuleSet(json: rules.json, version: "o \"1\"") == rules)
        #expect(rules.json.contains("\"V36\": {\"enabled\": true, \"severity\": \"warn\", \"minimumDays\": 5}"))
        #expect(RuleSet.default1.json == (try RuleSet(json: "{}", version: "default-1")).json)
    }

    @Test func differencesNamePathAndValues() throws {
        let rules = try RuleSet(json: withOverrides, version: "o")
        #expect(rules.differences(from: rules).isEmpty)
        var other = rules
        other.version = "p"
        #expect(other.differences(from: rules).isEmpty)
        other.base.spike.thresholdPercentBillionths = 300 * Quantity.scale
        other.overrides.removeLast()
        other.overrides[0].match.customerClasses = ["commercial"]
        #expect(
            other.differences(from: rules) == [
                RuleDifference(path: "rules.V19.thresholdPercent", old: "180", new: "300"),
                RuleDifference(
                    path: "overrides[0].match.customerClass",
                    old: "[\"commercial\", \"ind*\"]",
                    new: "[\"commercial\"]"
                ),
                RuleDifference(path: "overrides[3].match.commodity", old: "[\"water\"]", new: nil),
                RuleDifference(path: "overrides[3].estimation.order", old: "[]", new: nil),
            ]
        )
        let first = try #require(other.differences(from: rules).first)
        #expect("\(first)" == "rules.V19.thresholdPercent: 180 -> 300")
    }

    /// The file as it is in the tree; an installation without the tree has nothing to compare.
    private func shipped(_ path: String) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: path), encoding: .utf8)
    }

    @Test func theShippedFileIsTheDefaults() throws {
        let text = try shipped("ops/vee-rules.json")
        #expect(text == RuleSet.default1.json)
        #expect(try RuleSet(json: text, version: "default-1") == .default1)
    }

    @Test func theShippedSchemaNamesWhatIsRead() throws {
        let text = try shipped("topics/schemas/vee-rules.schema.json")
        #expect(text == RuleSet.jsonSchema)
        let schema = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let sections = try #require(schema["$defs"] as? [String: Any])
        // Every parameter that the schema names is read, with its default.
        var paths: [String] = []
        func collect(_ object: [String: Any], _ path: String) {
            guard let properties = object["properties"] as? [String: [String: Any]], object["default"] == nil else {
                paths.append(path)
                return
            }
            for (name, inner) in properties { collect(inner, "\(path).\(name)") }
        }
        for section in ["rules", "estimation"] {
            collect(try #require(sections[section] as? [String: Any]), section)
        }
        #expect(Set(paths) == Set(RuleSet.parameterPaths))
        #expect(paths.count == RuleSet.parameterPaths.count)
    }
}
