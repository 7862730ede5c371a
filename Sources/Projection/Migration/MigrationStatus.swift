/// A migration that the database has.
public struct AppliedMigration: Sendable, Equatable {
    public let version: Int
    public let name: String
    public let checksum: String
    /// Microseconds since 1970-01-01T00:00:00Z.
    public let appliedAtMicroseconds: Int64
}

/// How a database stands against a set of migrations.
public struct MigrationStatus: Sendable, Equatable {
    /// What the extension's side looks like, for the variant's choice and for the doctor.
    public struct Extension: Sendable, Equatable {
        /// The version that the server could install, nil when it has none.
        public let availableVersion: String?
        /// The version installed in this database, nil when it is not.
        public let installedVersion: String?
        /// The server was started with it (`shared_preload_libraries`); without this it can't be created.
        public let isPreloaded: Bool
    }

    /// Nil while nothing was applied.
    public let variant: MigrationVariant?
    public let timescaledb: Extension
    public let applied: [AppliedMigration]
    public let pending: [MigrationFile]
    /// Names of files that were applied with another content.
    public let changed: [String]
    /// Names of applied migrations that are not among the files.
    public let unknown: [String]
    /// Names of pending files numbered below an applied one.
    public let outOfOrder: [String]

    public var isCurrent: Bool { pending.isEmpty && changed.isEmpty && unknown.isEmpty }

    /// The variant that the next `apply` will use.
    public var nextVariant: MigrationVariant {
        if let variant { return variant }
        let usable =
            timescaledb.installedVersion != nil || (timescaledb.availableVersion != nil && timescaledb.isPreloaded)
        return usable ? .timescaledb : .postgresql
    }

    /// One sentence on the variant in use, for people.
    public var variantSummary: String {
        switch (variant, timescaledb.installedVersion, timescaledb.availableVersion) {
        case (.timescaledb, let installed?, _): "TimescaleDB \(installed): hypertables and continuous aggregates"
        case (.timescaledb, nil, _): "migrated with TimescaleDB, but the extension is gone from this database"
        case (.postgresql, _, let available?):
            "ordinary tables (TimescaleDB \(available) is there, but this database was migrated without it)"
        case (.postgresql, _, nil): "ordinary tables: the server has no TimescaleDB"
        case (nil, _, let available?) where !timescaledb.isPreloaded:
            "not migrated; TimescaleDB \(available) is installed but not in shared_preload_libraries"
        case (nil, _, _): "not migrated; will use \(nextVariant.rawValue)"
        }
    }
}
