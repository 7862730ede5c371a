import Monitoring
import PostgresIO
import Projection
import ServiceLifecycle

/// The projections as a service: stores what they have read and stops on graceful shutdown.
struct ProjectorService: Service {
    let projections: ProjectionService
    let maintenance: MaintenanceService

    func run() async throws {
        let upkeep = Task { try await maintenance.run() }
        defer { upkeep.cancel() }
        projections.start()
        let watch = Task { await failureOfProjector() }
        await withGracefulShutdownHandler {
            await withTaskCancellationHandler {
                for projector in projections.projectors { await projector.waitUntilOver() }
            } onCancel: {
                for projector in projections.projectors { projector.requestStop() }
            }
        } onGracefulShutdown: {
            for projector in projections.projectors { projector.requestStop() }
        }
        watch.cancel()
        for status in projections.statuses {
            if case .failed(let reason) = status.phase { throw AppError.unusable("\(status.name.rawValue): \(reason)") }
        }
    }

    /// One projection that gives up stops the others, so that the process ends and says why.
    private func failureOfProjector() async {
        while !Task.isCancelled {
            for status in projections.statuses {
                if case .failed = status.phase {
                    for projector in projections.projectors { projector.requestStop() }
                    return
                }
            }
            do {
                try await Task.sleep(for: .milliseconds(500))
            } catch {
                return
            }
        }
    }
}

extension ProjectorService: ReadinessReporting {
    /// Ready when every projection runs, or stands by for another process that does.
    var readiness: Readiness.Part {
        var troubles: [String] = []
        for status in projections.statuses {
            switch status.phase {
            case .running, .standby: break
            case .waiting(let reason), .failed(let reason): troubles.append("\(status.name.rawValue): \(reason)")
            case .idle, .stopped: troubles.append("\(status.name.rawValue): \(status.phase)")
            }
        }
        let detail = troubles.isEmpty ? "\(projections.statuses.count) projections" : troubles.joined(separator: "; ")
        return Readiness.Part(name: "projector", isReady: troubles.isEmpty, detail: detail)
    }
}
