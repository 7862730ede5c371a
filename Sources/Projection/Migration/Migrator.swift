public import PostgresIO

/// Brings a database to the state that a set of migrations describes, forward only.
///
/// Each file runs in a transaction of its own together with its line in `schema_migrations`. An advisory lock keeps a second
/// migrator waiting. A file that was applied must never change: its checksum is compared every time.
public struct Migrator: Sendable {
    /// Ascending by version.
    public let files: [MigrationFile]
    /// Overrides the choice for a database without migrations; nil chooses by what the server has.
    public let preferredVariant: MigrationVariant?

    /// Any number that no other program uses for an advisory lock of this database.
    private static let lockKey: Int64 = 0x6d65_7465_726c_6f67

    /// - Throws: `MigrationError.duplicateVersion`
    public init(files: [MigrationFile], preferredVariant: MigrationVariant? = nil) throws(MigrationError) {
        let sorted = files.sorted { $0.version < $1.version }
        for (left, right) in zip(sorted, sorted.dropFirst()) where left.version == right.version {
            throw .duplicateVersion(left.version)
        }
        self.files = sorted
        self.preferredVariant = preferredVariant
    }

    /// The same from names and texts.
    public init(
        files: [(name: String, text: String)],
        preferredVariant: MigrationVariant? = nil
    ) throws(MigrationError) {
        var parsed: [MigrationFile] = []
        for file in files { parsed.append(try MigrationFile(name: file.name, text: file.text)) }
        try self.init(files: parsed, preferredVariant: preferredVariant)
    }

    /// How the database stands; changes nothing.
    public func status(_ connection: inout PostgresConnection) throws(MigrationError) -> MigrationStatus {
        do throws(PostgresError) {
            return try read(&connection)
        } catch {
            throw .database(error)
        }
    }

    /// The files that `apply` would run, in order; changes nothing.
    public func plan(_ connection: inout PostgresConnection) throws(MigrationError) -> [MigrationFile] {
        let status = try status(&connection)
        try check(status)
        return status.pending
    }

    /// Runs what is pending and returns it. Waits up to `waitMilliseconds` for another migrator to finish.
    public func apply(
        _ connection: inout PostgresConnection,
        waitMilliseconds: Int = 60_000
    ) throws(MigrationError) -> [MigrationFile] {
        let isLocked: Bool
        let timeoutBefore: String
        do throws(PostgresError) {
            isLocked = try lock(&connection, waitMilliseconds: waitMilliseconds)
            timeoutBefore = try connection.query("SELECT current_setting('statement_timeout')").text(0, 0)
        } catch {
            throw .database(error)
        }
        guard isLocked else { throw .busy }
        let result: Result<[MigrationFile], MigrationError>
        do throws(MigrationError) {
            result = .success(try applyLocked(&connection))
        } catch {
            result = .failure(error)
        }
        // A connection that can't unlock is lost, and the server frees its locks.
        if connection.isOpen { try unlock(&connection, statementTimeout: timeoutBefore) }
        return try result.get()
    }

    private func applyLocked(_ connection: inout PostgresConnection) throws(MigrationError) -> [MigrationFile] {
        let status = try status(&connection)
        try check(status)
        guard !status.pending.isEmpty else { return [] }
        let variant = status.variant ?? preferredVariant ?? status.nextVariant
        do throws(PostgresError) {
            try prepare(&connection, variant)
        } catch {
            throw .database(error)
        }
        for file in status.pending {
            do throws(PostgresError) {
                try run(file, variant, &connection)
            } catch {
                throw .failed(file: file.name, error)
            }
        }
        return status.pending
    }

    private func check(_ status: MigrationStatus) throws(MigrationError) {
        guard status.changed.isEmpty else { throw .changed(status.changed) }
        guard status.unknown.isEmpty else { throw .unknownApplied(status.unknown) }
        guard status.outOfOrder.isEmpty else { throw .outOfOrder(status.outOfOrder) }
    }
}

extension Migrator {
    private func lock(_ connection: inout PostgresConnection, waitMilliseconds: Int) throws(PostgresError) -> Bool {
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(waitMilliseconds))
        while true {
            let rows = try connection.query("SELECT pg_try_advisory_lock($1)", [.int64(Self.lockKey)])
            if try rows.bool(0, 0) { return true }
            guard ContinuousClock.now < deadline else { return false }
            try connection.execute("SELECT pg_sleep(0.1)")
        }
    }

    private func unlock(
        _ connection: inout PostgresConnection,
        statementTimeout: String
    ) throws(MigrationError) {
        do throws(PostgresError) {
            let rows = try connection.query(
                "SELECT pg_advisory_unlock($1), set_config('statement_timeout', $2, false)",
                [.int64(Self.lockKey), .text(statementTimeout)]
            )
            _ = consume rows
            try connection.execute("RESET client_min_messages; RESET meterlog.variant")
        } catch {
            throw .database(error)
        }
    }

    /// Migrations may take long, so only the wait for locks stays limited.
    private func prepare(_ connection: inout PostgresConnection, _ variant: MigrationVariant) throws(PostgresError) {
        try connection.execute(
            """
            SET statement_timeout = 0;
            SET client_min_messages = warning;
            SET meterlog.variant = '\(variant.rawValue)';
            CREATE TABLE IF NOT EXISTS schema_migrations (
                version integer PRIMARY KEY,
                name text NOT NULL,
                checksum text NOT NULL,
                variant text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now()
            )
            """
        )
    }

    private func run(
        _ file: MigrationFile,
        _ variant: MigrationVariant,
        _ connection: inout PostgresConnection
    ) throws(PostgresError) {
        if file.runsWithoutTransaction {
            for statement in file.statements { try connection.execute(statement) }
            try record(file, variant, &connection)
            return
        }
        try connection.transaction { connection throws(PostgresError) in
            try connection.execute(file.text)
            try record(file, variant, &connection)
        }
    }

    private func record(
        _ file: MigrationFile,
        _ variant: MigrationVariant,
        _ connection: inout PostgresConnection
    ) throws(PostgresError) {
        let rows = try connection.query(
            "INSERT INTO schema_migrations (version, name, checksum, variant) VALUES ($1, $2, $3, $4)",
            [.int32(Int32(file.version)), .text(file.name), .text(file.checksum), .text(variant.rawValue)]
        )
        _ = consume rows
    }

    private func read(_ connection: inout PostgresConnection) throws(PostgresError) -> MigrationStatus {
        let timescaledb = try readExtension(&connection)
        let exists = try connection.query("SELECT to_regclass('schema_migrations') IS NOT NULL")
        var applied: [AppliedMigration] = []
        var variant: MigrationVariant?
        if try exists.bool(0, 0) {
            let rows = try connection.query(
                "SELECT version, name, checksum, applied_at, variant FROM schema_migrations ORDER BY version"
            )
            for row in 0..<rows.count {
                applied.append(
                    AppliedMigration(
                        version: Int(try rows.int32(row, 0)),
                        name: try rows.text(row, 1),
                        checksum: try rows.text(row, 2),
                        appliedAtMicroseconds: try rows.timestampMicroseconds(row, 3)
                    )
                )
                variant = MigrationVariant(rawValue: try rows.text(row, 4))
            }
        }
        return compare(applied, variant, timescaledb)
    }

    private func readExtension(
        _ connection: inout PostgresConnection
    ) throws(PostgresError) -> MigrationStatus.Extension {
        // The list of preloaded libraries itself is for superusers only; a setting that the library defines gives it away.
        let rows = try connection.query(
            """
            SELECT (SELECT default_version FROM pg_available_extensions WHERE name = 'timescaledb'),
                (SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'),
                current_setting('timescaledb.disable_load', true) IS NOT NULL
            """
        )
        return MigrationStatus.Extension(
            availableVersion: try rows.optionalText(0, 0),
            installedVersion: try rows.optionalText(0, 1),
            isPreloaded: try rows.bool(0, 2)
        )
    }

    private func compare(
        _ applied: [AppliedMigration],
        _ variant: MigrationVariant?,
        _ timescaledb: MigrationStatus.Extension
    ) -> MigrationStatus {
        let newest = applied.last?.version ?? 0
        var pending: [MigrationFile] = []
        var changed: [String] = []
        for file in files {
            guard let known = applied.first(where: { $0.version == file.version }) else {
                pending.append(file)
                continue
            }
            if known.checksum != file.checksum || known.name != file.name { changed.append(file.name) }
        }
        let versions = files.map(\.version)
        return MigrationStatus(
            variant: variant,
            timescaledb: timescaledb,
            applied: applied,
            pending: pending,
            changed: changed,
            unknown: applied.filter { !versions.contains($0.version) }.map(\.name),
            outOfOrder: pending.filter { $0.version < newest }.map(\.name)
        )
    }
}
