import PostgresIO
import Projection
import Settings

/// The database of these settings and the migrations that belong to it.
struct DatabaseAccess: Sendable {
    let settings: Settings

    init(_ settings: Settings) {
        self.settings = settings
    }

    func connect(_ name: String) throws -> PostgresConnection {
        try PostgresConnection(
            PostgresConnectionOptions(
                url: settings.databaseURL,
                applicationName: name,
                statementTimeoutMilliseconds: 600_000
            )
        )
    }

    func migrator() throws -> Migrator {
        try Migrator(files: try TextFile.folder(settings.home + "/migrations", ending: ".sql"))
    }

    /// Whether an error of the database goes away by waiting: it is down, starting, or full of connections.
    static func isPassing(_ error: any Error) -> Bool {
        if let error = error as? PostgresError { return error.reaction == .retry }
        if let error = error as? MigrationError, case .database(let cause) = error { return cause.reaction == .retry }
        return false
    }
}
