public import PostgresIO

/// Why a database can't be migrated, or is not what the migrations say.
public enum MigrationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A file is not named `NNNN_name.sql`.
    case malformedName(String)
    /// Two files have the same number.
    case duplicateVersion(Int)
    /// Files that were applied and have another content now. Migrations are never edited; add a new one.
    case changed([String])
    /// The database has migrations that this program does not: it was migrated by a later version.
    case unknownApplied([String])
    /// Files with a number below one that was applied already.
    case outOfOrder([String])
    /// Another migrator held the lock for the whole waiting time.
    case busy
    /// A migration failed; nothing of it was kept (statements of a file without a transaction may have been).
    case failed(file: String, PostgresError)
    case database(PostgresError)

    public var description: String {
        switch self {
        case .malformedName(let name): "\(name): a migration is named NNNN_name.sql"
        case .duplicateVersion(let version): "two migrations have the number \(version)"
        case .changed(let names): "changed after it was applied: \(names.joined(separator: ", "))"
        case .unknownApplied(let names):
            "the database was migrated by a later version of this program: \(names.joined(separator: ", "))"
        case .outOfOrder(let names): "numbered below an applied migration: \(names.joined(separator: ", "))"
        case .busy: "another migrator is at work"
        case .failed(let file, let error): "\(file): \(error.debugDescription)"
        case .database(let error): "\(error)"
        }
    }
}
