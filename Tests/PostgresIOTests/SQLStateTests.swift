import PostgresIO
import Testing

@Suite("SQLSTATE reactions")
struct SQLStateTests {
    @Test(
        "each state has the reaction callers rely on",
        arguments: [
            ("08006", PostgresError.Reaction.retry), ("08P01", .fatal), ("57P01", .retry), ("57P03", .retry),
            ("53300", .retry), ("53100", .retry), ("55P03", .retry), ("57014", .retry), ("40001", .redo),
            ("40P01", .redo), ("25P02", .redo), ("25006", .retry), ("22003", .reject), ("22P02", .reject),
            ("23505", .reject), ("23514", .reject), ("44000", .reject), ("42601", .fatal), ("42P01", .fatal),
            ("28P01", .fatal), ("3D000", .fatal), ("XX001", .fatal), ("0A000", .fatal), ("99999", .fatal),
        ]
    )
    func reaction(code: String, expected: PostgresError.Reaction) throws {
        let state = try #require(SQLState(code))
        #expect(state.reaction == expected)
    }

    @Test("only five digits or capitals are a state", arguments: ["", "2300", "230000", "23a05", "23 05", "2350é"])
    func malformed(code: String) {
        #expect(SQLState(code) == nil)
    }
}
