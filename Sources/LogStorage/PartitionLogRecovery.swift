extension PartitionLog {
    /// Opens the log in `path`, a directory that exists; an empty one becomes an empty log.
    ///
    /// What a crash can have left is put right: bytes behind the last whole batch are cut, missing index files and the
    /// state of producers and transactions are built again. Only what lies behind the recovery point of the last
    /// checkpoint is scanned. Damage below it is not cut: those offsets are reported and the log takes no writes.
    package static func open(
        topic: String,
        partition: Int32,
        path: String,
        config: LogConfig,
        options: LogDirectory.Options
    ) throws(StorageError) -> PartitionLog {
        try open(
            topic: topic,
            partition: partition,
            path: path,
            config: config,
            environment: options.environment()
        )
    }

    static func open(
        topic: String,
        partition: Int32,
        path: String,
        config: LogConfig,
        environment: Environment
    ) throws(StorageError) -> PartitionLog {
        var recovery = try LogRecovery(
            name: "\(topic)-\(partition)",
            path: path,
            config: config,
            environment: environment
        )
        let state = try recovery.recover()
        let log = PartitionLog(
            topic: topic,
            partition: partition,
            path: path,
            environment: environment,
            state: state
        )
        for (range, reason) in recovery.damage { _ = log.markDamaged(range, reason: reason) }
        if let reason = state.readOnlyReason { environment.report(.readOnly(log: log.name, reason: reason)) }
        if recovery.hasScanned, !FileSystem.isReadOnlyDisk(path) {
            // What was scanned may be in memory only, left there by a process that has died.
            do throws(StorageError) {
                try log.flush(writingCheckpoint: true)
            } catch {
                log.becomeReadOnly("\(error)")
            }
        }
        return log
    }
}
