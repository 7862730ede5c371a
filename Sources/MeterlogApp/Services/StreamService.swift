import KafkaIO
import Logging
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
        let logger = cluster.logger
        let kafka = cluster.kafka
        let notices = cluster.notices
        let group = "meterlog-\(P.name)"
        process = StreamProcess(
            threads: threads,
            configuration: configuration,
            options: StreamOptions(groupID: group, outputs: outputs, limits: limits),
            metrics: metrics,
            report: { thread, event in
                let level: Logger.Level =
                    switch event.severity {
                    case .info: .debug
                    case .warning: .warning
                    case .error: .error
                    }
                logger.log(
                    level: level,
                    "\(P.name): \(event)",
                    metadata: ["code": "\(event.code)", "thread": "\(thread)"]
                )
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
                    notices: notices
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
