package import MeterEvents
package import PostgresIO
import StreamCore

/// Where a record stands in its topic. A later record of the same partition is newer; records of one key are all in one partition.
package struct LogPosition: Hashable, Sendable {
    package var partition: Int32
    package var offset: Int64

    package init(partition: Int32, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }
}

/// A read model: a pure fold of records into rows, and the SQL that stores the rows. Each has a folder of its own.
///
/// The value belongs to one projector thread and is used generically. Between `clear` and `write` it only collects; what it
/// remembers beyond a transaction (keys of channels) it reads back in `prepare`, which is called for every new session.
package protocol ReadModel: Sendable {
    static var name: ProjectionName { get }

    /// - Parameter schema: the generation's schema, such as `rm_readings_1`.
    init(schema: String)

    /// Makes the session's staging tables and reads what the fold has to know.
    mutating func prepare(_ connection: inout PostgresConnection) throws(PostgresError)

    /// Folds the record `bytes[range]` of `topic`.
    /// - Throws: `EventError` when the record is not the event that belongs there; the record then has left no rows.
    mutating func fold(
        _ bytes: [UInt8],
        _ range: Range<Int>,
        topic: String,
        position: LogPosition
    ) throws(EventError)

    /// Rows collected and not yet cleared.
    var rowCount: Int { get }

    /// Stores the rows, inside the transaction that stores the offsets.
    mutating func write(_ connection: inout PostgresConnection) throws(PostgresError)

    /// Forgets the rows.
    mutating func clear()
}
