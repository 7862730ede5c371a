import HTTPServing
import PostgresIO
import QueryAPI
import Testing

@Suite("Protection of server and database")
struct ProtectionTests {
    @Test("no more requests at one time than allowed")
    func concurrency() throws {
        var limits = QueryAPIConfiguration.Limits()
        limits.concurrentRequests = 2
        let admission = Admission(limits)
        try admission.enter()
        try admission.enter()
        let problem = #expect(throws: ProblemDocument.self) { try admission.enter() }
        #expect(problem?.kind == "busy")
        admission.leave()
        try admission.enter()
    }

    @Test(
        "the database's errors become advice",
        arguments: [
            ("57014", "query-too-long"), ("42P01", "read-model-missing"), ("3F000", "read-model-missing"),
            ("57P01", "database-away"), ("40001", "database-away"), ("22021", "bad-parameter"),
            ("42601", "internal-error"), ("28P01", "internal-error"),
        ]
    )
    func databaseErrors(code: String, kind: String) throws {
        let state = try #require(SQLState(code))
        let error = PostgresError(reaction: state.reaction, sqlState: state, message: "relation \"inner_life\"")
        let problem = DatabaseProblem.document(for: error)
        #expect(problem.kind == kind)
        #expect(!problem.detail.contains("inner_life"))
    }
}
