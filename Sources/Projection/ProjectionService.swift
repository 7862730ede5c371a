public import Logging
public import StreamCore
public import Telemetry

/// All projections of a process.
public final class ProjectionService: Sendable {
    /// Ascending by name.
    public let projectors: [Projector]

    public init(_ configuration: ProjectionConfiguration, metrics: MetricsRegistry, logger: Logger) {
        projectors = configuration.projections.sorted().map { name in
            Projector(name, configuration, metrics: metrics, logger: logger)
        }
    }

    public var statuses: [ProjectorStatus] { projectors.map(\.status) }

    public func start() {
        for projector in projectors { projector.start() }
    }

    /// Stores what the projectors have and ends them.
    public func stop() async {
        for projector in projectors { projector.requestStop() }
        for projector in projectors { await projector.waitUntilOver() }
    }

    /// Returns when everything before these positions is in the read models. Positions of topics that no projection here folds
    /// are ignored.
    /// - Parameter targets: one past the last record of each partition, as the log gives its end.
    public func waitUntilProjected(
        _ targets: [PartitionPosition],
        timeout: Duration
    ) async throws(ProjectionWaitError) {
        let deadline = ContinuousClock.now.advanced(by: timeout)
        let folded = Set(projectors.flatMap(\.name.topics))
        let wanted = targets.filter { folded.contains($0.partition.topic) && $0.nextOffset > 0 }
        while true {
            let missing = try stillMissing(wanted)
            if missing.isEmpty { return }
            guard ContinuousClock.now < deadline, !Task.isCancelled else { throw .timedOut(missing) }
            do {
                try await Task.sleep(for: .milliseconds(20))
            } catch {
                throw .timedOut(missing)
            }
        }
    }

    private func stillMissing(_ wanted: [PartitionPosition]) throws(ProjectionWaitError) -> [PartitionPosition] {
        var projected: [TopicPartition: Int64] = [:]
        for status in statuses {
            for item in status.partitions {
                projected[item.partition] = item.projectedOffset
                let isWanted = wanted.contains {
                    $0.partition == item.partition && $0.nextOffset > item.projectedOffset
                }
                if let fault = item.fault, isWanted { throw .stopped("\(item.partition): \(fault)") }
            }
            if case .failed(let reason) = status.phase { throw .stopped("\(status.name.rawValue): \(reason)") }
        }
        return wanted.filter { (projected[$0.partition] ?? 0) < $0.nextOffset }
    }
}
