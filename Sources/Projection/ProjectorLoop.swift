import Foundation
import KafkaIO
import Logging
import MeterEvents
import PostgresIO
import StreamCore
import Telemetry

/// The life of a projector's thread: sessions, one after the other, until it is told to stop.
///
/// A session owns a connection and a reader; any failure ends it, and the next one starts from the stored offsets. Whatever
/// is away is waited for, said once; nothing is skipped.
struct ProjectorLoop<Model: ReadModel> {
    let configuration: ProjectionConfiguration
    let board: ProjectorBoard
    let metrics: ProjectorMetrics
    let logger: Logger
    /// Partitions that stopped at a record, for the life of the thread.
    private var faults: [TopicPartition: String] = [:]
    /// Up to these offsets records are stored one by one, to find the one that the database refuses.
    private var carefulUntil: [TopicPartition: Int64] = [:]
    private var failures = 0
    private var isReported = false

    init(
        configuration: ProjectionConfiguration,
        board: ProjectorBoard,
        metrics: ProjectorMetrics,
        logger: Logger
    ) {
        self.configuration = configuration
        self.board = board
        self.metrics = metrics
        self.logger = logger
    }

    mutating func run() {
        while !board.isStopRequested {
            do throws(ProjectionFailure) {
                try session()
            } catch {
                guard react(to: error) else { break }
            }
        }
        board.finish()
    }

    /// False when there is no point in another session.
    private mutating func react(to failure: ProjectionFailure) -> Bool {
        switch failure.reaction {
        case .retry:
            failures += 1
            metrics.retries.add()
            board.update { $0.phase = .waiting(reason: failure.reason) }
            report(failure.reason, "waits and tries again")
            let range = configuration.limits.backoffMilliseconds
            pause(min(range.upperBound, range.lowerBound << min(failures - 1, 16)))
        case .fenced:
            board.update { $0.phase = .standby }
            report(failure.reason, "stands by")
            pause(configuration.limits.standbyMilliseconds)
        case .reject:
            // `carefulUntil` is set; the next connection finds the record.
            logger.warning("\(failure.reason); looks for the record", metadata: fields(.projectionFault))
        case .fatal:
            board.update { $0.phase = .failed(reason: failure.reason) }
            logger.critical("stops: \(failure.reason)", metadata: fields(.projectionFault))
            return false
        }
        return true
    }

    private func fields(_ code: ErrorCode) -> Logger.Metadata {
        ["projection": "\(Model.name.rawValue)", "code": "\(code)"]
    }

    private mutating func report(_ reason: String, _ consequence: String) {
        guard !isReported else { return }
        isReported = true
        logger.warning("\(consequence): \(reason)", metadata: fields(.projectionOutage))
    }

    private mutating func markRunning() {
        failures = 0
        board.update { $0.phase = .running }
        guard isReported else { return }
        isReported = false
        logger.notice("goes on", metadata: ["projection": "\(Model.name.rawValue)"])
    }

    private func pause(_ milliseconds: Int) {
        let end = ContinuousClock.now.advanced(by: .milliseconds(milliseconds))
        while ContinuousClock.now < end, !board.isStopRequested { Thread.sleep(forTimeInterval: 0.02) }
    }
}

extension ProjectorLoop {
    private mutating func session() throws(ProjectionFailure) {
        var writer = try openWriter()
        var source = try ProjectionSource(configuration, Model.name)
        let lows = try source.lowOffsets()
        let positions = try begin(&writer, source.partitions, lows)
        try check(positions, lows, source)
        try source.assign(positions)
        try source.pause(faults.keys.sorted())
        markRunning()
        publish(writer, source)

        var batch = InputBatch()
        var pendingSince: ContinuousClock.Instant?
        while !board.isStopRequested {
            let hasRecords = try source.poll(into: &batch, timeoutMilliseconds: timeout(pendingSince))
            if hasRecords {
                try fold(batch, into: &writer, &source)
                if writer.pendingRecords > 0, pendingSince == nil { pendingSince = .now }
            }
            if writer.pendingRecords == 0 {
                pendingSince = nil
            } else if timeout(pendingSince) == 0 {
                try flush(&writer)
                pendingSince = nil
            }
            if try source.watch() {
                throw ProjectionFailure(.retry, "the number of partitions changed")
            }
            publish(writer, source)
        }
        try flush(&writer)
        publish(writer, source)
    }

    /// How long a poll may wait: until what is pending has to be stored.
    private func timeout(_ pendingSince: ContinuousClock.Instant?) -> Int32 {
        guard let pendingSince else { return 100 }
        let passed = pendingSince.duration(to: .now) / .milliseconds(1)
        return Int32(max(0, Double(configuration.limits.lingerMilliseconds) - passed))
    }

    private func openWriter() throws(ProjectionFailure) -> ProjectionWriter<Model> {
        do throws(PostgresError) {
            return try ProjectionWriter(configuration.database, generation: configuration.generation)
        } catch {
            throw ProjectionFailure(error)
        }
    }

    private func begin(
        _ writer: inout ProjectionWriter<Model>,
        _ partitions: [TopicPartition],
        _ lows: [TopicPartition: Int64]
    ) throws(ProjectionFailure) -> [PartitionPosition] {
        do throws(PostgresError) {
            return try writer.start(partitions) { lows[$0] ?? 0 }
        } catch {
            throw ProjectionFailure(error)
        }
    }

    /// Positions that the log can't serve: behind its end, so that it is another log than the one projected; or before its start,
    /// because retention deleted records that were never projected, which is a loss where the topic is kept for ever.
    private func check(
        _ positions: [PartitionPosition],
        _ lows: [TopicPartition: Int64],
        _ source: borrowing ProjectionSource
    ) throws(ProjectionFailure) {
        for position in positions {
            if let end = source.endOffset(of: position.partition), position.nextOffset > end {
                throw ProjectionFailure(
                    .fatal,
                    "\(position.partition) is projected up to \(position.nextOffset), but this log ends at \(end)"
                )
            }
            guard let low = lows[position.partition], position.nextOffset < low else { continue }
            let what = "\(position.partition): records \(position.nextOffset) to \(low - 1) are deleted"
            guard !Model.name.isKeptForEver else { throw ProjectionFailure(.fatal, what) }
            logger.error("\(what) and were never projected", metadata: fields(.projectionRecordsGone))
        }
    }

    private mutating func fold(
        _ batch: borrowing InputBatch,
        into writer: inout ProjectionWriter<Model>,
        _ source: inout ProjectionSource
    ) throws(ProjectionFailure) {
        for index in 0..<batch.count {
            let partition = batch.partition(of: index)
            guard faults[partition] == nil else { continue }
            do throws(EventError) {
                try writer.fold(batch, index)
            } catch {
                // What came before it is stored first, so that the offset says where the partition stands.
                try flush(&writer)
                try stop(partition, at: batch.entries[index].offset, because: "\(error)", &source)
                continue
            }
            let isCareful = (carefulUntil[partition] ?? 0) > batch.entries[index].offset
            if isCareful || writer.pendingRows >= configuration.limits.rowsPerTransaction
                || writer.pendingBytes >= configuration.limits.bytesPerTransaction
            {
                try flush(&writer)
            }
        }
    }

    private mutating func stop(
        _ partition: TopicPartition,
        at offset: Int64,
        because reason: String,
        _ source: inout ProjectionSource
    ) throws(ProjectionFailure) {
        recordFault(partition, at: offset, because: reason)
        try source.pause([partition])
    }

    private mutating func recordFault(_ partition: TopicPartition, at offset: Int64, because reason: String) {
        faults[partition] = "offset \(offset): \(reason)"
        metrics.faults.add()
        logger.critical("\(partition) stops at offset \(offset): \(reason)", metadata: fields(.projectionFault))
    }

    private mutating func flush(_ writer: inout ProjectionWriter<Model>) throws(ProjectionFailure) {
        let records = writer.pendingRecords
        let rows = writer.pendingRows
        guard records > 0 else { return }
        let start = ContinuousClock.now
        do throws(PostgresError) {
            try writer.flush()
        } catch {
            let failure = ProjectionFailure(error)
            if failure.reaction == .reject { noteRefusal(writer, records, failure.reason) }
            throw failure
        }
        metrics.transactionSeconds.observe(start.duration(to: .now) / .seconds(1))
        metrics.records.add(Int64(records))
        metrics.rows.add(Int64(rows))
        metrics.transactions.add()
        board.update { status in
            status.records += Int64(records)
            status.rows += Int64(rows)
            status.transactions += 1
        }
    }

    /// A refused transaction of one record names the record; of several, they are to be stored one by one.
    private mutating func noteRefusal(
        _ writer: borrowing ProjectionWriter<Model>,
        _ records: Int,
        _ reason: String
    ) {
        for partition in writer.partitions {
            guard let stored = writer.storedOffset(of: partition), let folded = writer.foldedOffset(of: partition),
                folded > stored
            else { continue }
            if records == 1 {
                recordFault(partition, at: folded - 1, because: reason)
            } else {
                carefulUntil[partition] = folded
            }
        }
    }

    private func publish(_ writer: borrowing ProjectionWriter<Model>, _ source: borrowing ProjectionSource) {
        var partitions: [ProjectorStatus.Partition] = []
        for partition in source.partitions {
            let stored = writer.storedOffset(of: partition) ?? 0
            let isIdle = writer.foldedOffset(of: partition) == stored && faults[partition] == nil
            // Behind the last record there may be marks of transactions, which have offsets too.
            let reached = isIdle ? source.reachedEnd(of: partition) : nil
            let item = ProjectorStatus.Partition(
                partition: partition,
                projectedOffset: max(stored, reached ?? stored),
                endOffset: max(source.endOffset(of: partition) ?? stored, reached ?? stored),
                fault: faults[partition]
            )
            partitions.append(item)
        }
        board.update { $0.partitions = partitions }
        if source.hasFreshEnds {
            for item in partitions { metrics.setLag(item.lag ?? 0, of: item.partition) }
        }
    }
}
