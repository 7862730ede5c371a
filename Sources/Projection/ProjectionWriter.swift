package import MeterEvents
package import PostgresIO
package import StreamCore

/// One session of a read model on one connection: folds records, and stores rows and offsets in one transaction.
///
/// It owns the read model while it lives: an advisory lock of its session keeps a second writer out, and each transaction
/// moves every offset only from where this writer left it. After an error the session is over; what was not committed is
/// folded again from the stored offsets.
package struct ProjectionWriter<Model: ReadModel>: ~Copyable {
    private struct Progress {
        var storedOffset: Int64
        var foldedOffset: Int64
    }

    package let generation: Int32
    package private(set) var model: Model
    private var connection: PostgresConnection
    private var progress: [TopicPartition: Progress] = [:]
    /// Records folded since the last flush.
    package private(set) var pendingRecords = 0
    /// Bytes folded since the last flush.
    package private(set) var pendingBytes = 0

    /// Connects, takes the lock and prepares the model.
    /// - Parameters:
    ///   - generation: nil takes the published one.
    ///   - lockWaitMilliseconds: how long to ask for the lock; the server frees that of a session that ended a little later.
    /// - Throws: `.fenced` when another writer has the read model.
    package init(
        _ options: PostgresConnectionOptions,
        generation: Int32?,
        lockWaitMilliseconds: Int = 1000
    ) throws(PostgresError) {
        var connection = try PostgresConnection(options)
        let number: Int32
        if let generation {
            number = generation
        } else {
            number = try Self.publishedGeneration(&connection)
        }
        try Self.lock(&connection, generation: number, waitMilliseconds: lockWaitMilliseconds)
        // Rows and offsets are lost together or not at all, and the log has them: no need to wait for the disk.
        try connection.execute("SET synchronous_commit = off; SET temp_buffers = '64MB'")
        var model = Model(schema: Model.name.schema(generation: number))
        try model.prepare(&connection)
        self.generation = number
        self.model = model
        self.connection = connection
    }

    package var pendingRows: Int { model.rowCount }

    /// Where to go on reading. A partition that was never folded begins at the offset that `low` gives.
    package mutating func start(
        _ partitions: [TopicPartition],
        low: (TopicPartition) -> Int64
    ) throws(PostgresError) -> [PartitionPosition] {
        let rows = try connection.query(
            "SELECT topic, partition, next_offset FROM projection_offsets WHERE projection = $1 AND generation = $2",
            [.text(Model.name.rawValue), .int32(generation)]
        )
        var stored: [TopicPartition: Int64] = [:]
        for row in 0..<rows.count {
            stored[TopicPartition(try rows.text(row, 0), try rows.int32(row, 1))] = try rows.int64(row, 2)
        }
        _ = consume rows
        progress = [:]
        var positions: [PartitionPosition] = []
        for partition in partitions {
            let offset: Int64
            if let known = stored[partition] {
                offset = known
            } else {
                offset = low(partition)
                try insertOffset(of: partition, offset)
            }
            progress[partition] = Progress(storedOffset: offset, foldedOffset: offset)
            positions.append(PartitionPosition(partition, nextOffset: offset))
        }
        return positions
    }

    /// Ascending.
    package var partitions: [TopicPartition] { progress.keys.sorted() }

    /// The offset after the last record folded, stored or not.
    package func foldedOffset(of partition: TopicPartition) -> Int64? { progress[partition]?.foldedOffset }

    /// The offset after the last record stored.
    package func storedOffset(of partition: TopicPartition) -> Int64? { progress[partition]?.storedOffset }

    /// Folds one record of a batch. A record before the partition's position was folded already and changes nothing.
    /// - Throws: `EventError`; the position then stays before the record.
    package mutating func fold(_ batch: borrowing InputBatch, _ index: Int) throws(EventError) {
        let entry = batch.entries[index]
        let partition = batch.partition(of: index)
        guard let known = progress[partition], entry.offset >= known.foldedOffset else { return }
        if !entry.isTombstone {
            try model.fold(
                batch.bytes,
                entry.value,
                topic: partition.topic,
                position: LogPosition(partition: partition.partition, offset: entry.offset)
            )
        }
        progress[partition]?.foldedOffset = entry.offset + 1
        pendingRecords += 1
        pendingBytes += entry.value.count
    }

    /// Stores what was folded, with the offsets, in one transaction. After an error this writer is of no further use.
    package mutating func flush() throws(PostgresError) {
        guard pendingRecords > 0 else { return }
        let moved = progress.filter { $0.value.foldedOffset != $0.value.storedOffset }.sorted { $0.key < $1.key }
        try connection.begin()
        // Corrections reach into compressed chunks; without the extension the setting means nothing to the server.
        try connection.execute("SET LOCAL timescaledb.max_tuples_decompressed_per_dml_transaction = 0")
        try model.write(&connection)
        for (partition, step) in moved {
            try moveOffset(of: partition, from: step.storedOffset, to: step.foldedOffset)
        }
        try connection.commit()
        for (partition, step) in moved { progress[partition]?.storedOffset = step.foldedOffset }
        model.clear()
        pendingRecords = 0
        pendingBytes = 0
    }
}

extension ProjectionWriter {
    private static func publishedGeneration(_ connection: inout PostgresConnection) throws(PostgresError) -> Int32 {
        let rows = try connection.query(
            "SELECT generation FROM projection_generations WHERE projection = $1",
            [.text(Model.name.rawValue)]
        )
        guard rows.count == 1 else {
            throw .misuse("no generation of the read model \(Model.name.rawValue) is published")
        }
        return try rows.int32(0, 0)
    }

    private static func lock(
        _ connection: inout PostgresConnection,
        generation: Int32,
        waitMilliseconds: Int
    ) throws(PostgresError) {
        let name = "meterlog.projection.\(Model.name.rawValue).\(generation)"
        let deadline = ContinuousClock.now.advanced(by: .milliseconds(waitMilliseconds))
        while true {
            let rows = try connection.query("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", [.text(name)])
            if try rows.bool(0, 0) { return }
            guard ContinuousClock.now < deadline else {
                throw .fenced("another projector has \(Model.name.rawValue), generation \(generation)")
            }
            try connection.execute("SELECT pg_sleep(0.02)")
        }
    }

    private mutating func insertOffset(of partition: TopicPartition, _ offset: Int64) throws(PostgresError) {
        let rows = try connection.queryPrepared(
            """
            INSERT INTO projection_offsets (projection, generation, topic, partition, next_offset)
            VALUES ($1, $2, $3, $4, $5)
            """,
            key(of: partition) + [.int64(offset)]
        )
        _ = consume rows
    }

    private mutating func moveOffset(
        of partition: TopicPartition,
        from stored: Int64,
        to folded: Int64
    ) throws(PostgresError) {
        let rows = try connection.queryPrepared(
            """
            UPDATE projection_offsets SET next_offset = $5, updated_at = now()
            WHERE projection = $1 AND generation = $2 AND topic = $3 AND partition = $4 AND next_offset = $6
            """,
            key(of: partition) + [.int64(folded), .int64(stored)]
        )
        guard rows.affectedRows == 1 else {
            throw .fenced("another projector moved \(partition) away from offset \(stored)")
        }
    }

    private func key(of partition: TopicPartition) -> [PostgresParameter] {
        [.text(Model.name.rawValue), .int32(generation), .text(partition.topic), .int32(partition.partition)]
    }
}
