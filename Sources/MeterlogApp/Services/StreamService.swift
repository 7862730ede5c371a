import KafkaIO
import Logging
import Monitoring
import ServiceLifecycle
import Settings
import StreamCore
import StreamRuntime
import Telemetry

/// A processor's stream threads as a service: drains and commits on graceful shutdown.
struct StreamService<P: Processor>: Service {
    let process: StreamProcess<P, KafkaLog>

    /// - Parameter instance: name of this process among those that run the same processor; it makes the group member and the
    ///   transactional id stable over restarts.
    init(
        _ type: P.Type,
        configuration: P.Configuration,
        cluster: ClusterAccess,
        partitionCounts: [String: Int32],
        threads: Int,
        instance: String,
        metrics: MetricsRegistry
    ) throws {
        var limits = StreamLimits()
        limits.commitIntervalMilliseconds = Int64(cluster.settings.stream.commitIntervalMilliseconds)
        let outputs = try P.outputTopics.map { topic in
            guard let count = partitionCounts[topic] else { throw AppError.unusable("topic \(topic) does not exist") }
            return Effects.Output(topic: topic, partitionCount: count)
        }
        var logger = cluster.logger
        logger[metadataKey: "service"] = "\(P.name)"
        let kafka = cluster.kafka
        let notices = cluster.notices
        let group = "meterlog-\(P.name)"
        let stop = StopSignal()
        process = StreamProcess(
            threads: threads,
            configuration: configuration,
            options: StreamOptions(groupID: group, outputs: outputs, limits: limits),
            metrics: metrics,
            signal: stop,
            report: { [logger] thread, event in
                let level: Logger.Level =
                    switch event.severity {
                    case .info: .debug
                    case .warning: .warning
                    case .error: .error
                    }
                var fields: Logger.Metadata = ["event": "\(event.code)", "thread": "\(thread)"]
                if let code = event.errorCode { fields["code"] = "\(code)" }
                logger.log(level: level, "\(event)", metadata: fields)
            },
            makeLog: { thread in
                let identity = "\(group)-\(instance)-\(thread)"
                return try KafkaLog(
                    settings: kafka,
                    options: KafkaLog.Options(
                        groupID: group,
                        transactionalID: identity,
                        groupInstanceID: identity
                    ),
                    notices: notices,
                    isStopRequested: { stop.isRequested }
                )
            }
        )
    }

    func run() async throws {
        try await withGracefulShutdownHandler {
            try await process.run()
        } onGracefulShutdown: {
            process.requestStop()
        }
    }
}

extension StreamService: ReadinessReporting {
    /// Ready when every thread has its partitions, the state of each is restored, and none stands still.
    var readiness: Readiness.Part {
        let threads = process.status
        let partitions = threads.flatMap(\.partitions)
        let restoring = partitions.filter { $0.phase == .restoring }.count
        let waiting = threads.filter { $0.activity != .running || !$0.wasAssigned }
        let halted = partitions.compactMap(\.fault).sorted { $0.partition < $1.partition }
        let detail =
            if !halted.isEmpty {
                "\(halted.count) of \(partitions.count) partitions stand still: "
                    + halted.map { "\($0.partition) at offset \($0.offset), \($0.reason)" }.joined(separator: "; ")
            } else if let first = waiting.first {
                "\(waiting.count) of \(threads.count) threads without partitions yet, the first is \(first.activity.rawValue)"
            } else if restoring > 0 {
                "\(restoring) of \(partitions.count) partitions are being restored"
            } else {
                "\(partitions.count) partitions"
            }
        return Readiness.Part(name: P.name, isReady: threads.allSatisfy(\.isReady), detail: detail)
    }
}
