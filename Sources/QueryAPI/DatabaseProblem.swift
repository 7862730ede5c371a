package import HTTPServing
import HTTPTypes
package import PostgresIO

/// Turns the database's errors into answers.
package enum DatabaseProblem {
    /// What a client is told: what to do, and nothing of the database's inner life.
    package static func document(for cause: PostgresError) -> ProblemDocument {
        switch (cause.sqlState?.code, cause.reaction) {
        case ("57014", _):
            return unavailable(
                "query-too-long",
                "the query took longer than this server allows; ask for a smaller range or a smaller limit",
                seconds: 10
            )
        case ("42P01", _), ("3F000", _), ("42703", _):
            return unavailable(
                "read-model-missing",
                "the read model is not there in the version this server needs; the migrations have to run first",
                seconds: 30
            )
        case (_, .reject):
            return QueryParameters.problem("a value in the request is one that the database can't hold")
        case (_, .retry), (_, .redo):
            return unavailable("database-away", "the database does not answer; try again", seconds: 5)
        default:
            return ProblemDocument(
                .internalServerError,
                kind: "internal-error",
                title: "The server failed",
                detail: "the request was not carried out; the server's log has the reason"
            )
        }
    }

    static func unavailable(_ kind: String, _ detail: String, seconds: Int) -> ProblemDocument {
        ProblemDocument(
            .serviceUnavailable,
            kind: kind,
            title: "Not available now",
            detail: detail,
            headers: [.retryAfter: String(seconds)]
        )
    }
}
