import SimulationKit
import StreamCore
import Testing

@Suite struct ProcessorLawsTests {
    static let records = (1...60).map { number in
        LedgerProcessor.Entry(key: "k\(number % 7)", id: UInt64(number % 50), amount: Int64(number)).record
    }

    @Test func theLedgerKeepsAllLaws() {
        let failures = ProcessorLaws<LedgerProcessor>.check(configuration: .init(), records: Self.records)
        #expect(failures == [])
        let repeated = ProcessorLaws<LedgerProcessor>.checkRepeatedInput(configuration: .init(), records: Self.records)
        #expect(repeated == [])
    }

    @Test func noRecordsAreFine() {
        #expect(ProcessorLaws<LedgerProcessor>.check(configuration: .init(), records: []) == [])
    }

    @Test func aFaultIsAFailure() {
        let failures = ProcessorLaws<LedgerProcessor>.check(configuration: .init(faultyID: 9), records: Self.records)
        #expect(failures.map(\.law) == ["fold"])
    }

    @Test(arguments: [
        (LawBreaker.Habit.emitsPerBatch, "batches cut anywhere"), (.forgetsOnRestore, "snapshot and restore"),
        (.ignoresRecordsWhileMuted, "muted until"), (.acceptsTruncatedState, "truncated state"),
        (.remembersOtherRuns, "same input, same bytes"),
    ])
    func brokenLawsAreFound(habit: LawBreaker.Habit, law: String) {
        let failures = ProcessorLaws<LawBreaker>.check(configuration: habit, records: Self.records)
        #expect(failures.contains { $0.law.hasPrefix(law) }, "\(failures)")
    }

    @Test func repeatedInputThatShowsIsFound() {
        let records = Self.records
        #expect(ProcessorLaws<LawBreaker>.checkRepeatedInput(configuration: .none, records: records).count == 1)
        #expect(ProcessorLaws<LawBreaker>.check(configuration: .none, records: records) == [])
    }
}
