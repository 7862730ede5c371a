/// What the migrations make of a database. Settled by the first migration and kept from then on.
public enum MigrationVariant: String, Sendable, CaseIterable {
    /// Hypertables, columnstore and continuous aggregates.
    case timescaledb
    /// Ordinary tables with the same columns and views.
    case postgresql
}
