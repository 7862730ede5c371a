import SimulationKit
import Testing

/// The in-memory log is held to what Kafka's is held to (`KafkaLogConformanceTests`).
@Suite struct SimulatedLogConformanceTests {
    @Test(arguments: ConformanceCheck.allCases)
    func holds(check: ConformanceCheck) throws {
        for seed in 1...20 as ClosedRange<UInt64> {
            #expect(try LogConformance.run(check, in: .simulated(seed: seed)) == [], "seed \(seed)")
        }
    }
}
