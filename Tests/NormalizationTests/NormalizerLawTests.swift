import MeterCore
import Normalization
import SimulationKit
import StreamCore
import Testing

/// What the runtime relies on, for the normalizer: a failure names the law and its seed.
@Suite struct NormalizerLawTests {
    private static func records(_ seed: UInt64) -> [SimulatedRecord] {
        var random = SeededRandom(seed: seed)
        return (0..<120).map { number in
            let meter = "M\(random.number(1...9))"
            let body =
                switch random.number(0...9) {
                case 0: "garbage"
                case 1: #"{"meter":"\#(meter)","start":"x","interval":900,"values":[1]}"#
                default:
                    #"{"meter":"\#(meter)","start":"2026-01-01T00:00:00Z","interval":900,"values":[0.25,null,\#(number)]}"#
                }
            // Some ids come twice, mostly with other content.
            let id = random.number(0...9) == 0 ? "id-\(max(0, number - 5))" : "id-\(number)"
            let headers = [
                ("ml-id", id), ("ml-format", "application/vnd.meterlog.intervals+json"), ("ml-source", "test"),
            ]
            return SimulatedRecord(
                key: Array(id.utf8),
                value: Array(body.utf8),
                timestampMilliseconds: 1_700_000_000_000 + Int64(number * random.number(0...30_000)),
                headers: headers.map { SimulatedRecord.Header(name: $0.0, value: Array($0.1.utf8)) }
            )
        }
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func allLawsHold(seed: UInt64) {
        let configuration = NormalizerProcessor.Configuration(zones: ZoneCatalog(), rawPartitionCount: 4)
        let failures = ProcessorLaws<NormalizerProcessor>.check(
            configuration: configuration,
            partition: 2,
            records: Self.records(seed)
        )
        #expect(failures == [])
    }

    @Test func theFingerprintTellsWhatTheStateDependsOn() {
        let one = NormalizerProcessor.Configuration(zones: ZoneCatalog(), rawPartitionCount: 4)
        var other = one
        other.rawPartitionCount = 8
        #expect(NormalizerProcessor.fingerprint(of: other) == NormalizerProcessor.fingerprint(of: one))
        other.duplicateHorizonMilliseconds += 1
        #expect(NormalizerProcessor.fingerprint(of: other) != NormalizerProcessor.fingerprint(of: one))
    }
}
