import Logging
import Projection
import ServiceLifecycle
import Settings
import Telemetry

/// Our own scheduler of what TimescaleDB's background jobs would do: fleet statistics are refreshed over a bounded range, chunks that
/// late data seldom reaches are compressed. On ordinary PostgreSQL a round finds nothing to do. It never deletes.
struct MaintenanceService: Service {
    let settings: Settings
    let logger: Logger

    private static let pauseSeconds = 3600
    private static let firstPauseSeconds = 60
    /// Chunks compressed in one round at most; each is closed to readers for a moment.
    private static let chunksPerRound = 4
    /// Days of which most late data comes.
    private static let uncompressedDays = 45

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var pause = MaintenanceService.firstPauseSeconds
            var isOut = false
            while true {
                do {
                    try await Task.sleep(for: .seconds(pause))
                } catch {
                    return
                }
                pause = MaintenanceService.pauseSeconds
                do {
                    try await BlockingThread.run { try round() }
                    isOut = false
                } catch {
                    if !isOut {
                        logger.warning(
                            "upkeep waits for the next round",
                            metadata: ["code": "\(ErrorCode.upkeepFailed)", "error": "\(error)"]
                        )
                    }
                    isOut = true
                }
            }
        }
    }

    /// Refreshes the kept history's range and compresses what lies a week behind it.
    private func round() throws {
        var connection = try DatabaseAccess(settings).connect("meterlog-upkeep")
        let maintenance = ReadModelMaintenance()
        let hour: Int64 = 3_600_000_000
        let now = Stopwatch.wallMilliseconds() * 1000 / hour * hour
        let history = Int64(settings.vee.historyDays) * 24 * hour
        let isRefreshed = try maintenance.refreshFleetStatistics(now - history..<now, &connection)
        guard isRefreshed else { return }
        // Corrections of what is older are possible too, but rare: a compressed chunk takes them, slowly.
        let recent = Int64(min(settings.vee.historyDays, MaintenanceService.uncompressedDays)) * 24 * hour
        let compressed = try maintenance.compressReadings(
            beforeMicroseconds: now - recent - 7 * 24 * hour,
            limit: MaintenanceService.chunksPerRound,
            &connection
        )
        logger.info("upkeep done", metadata: ["chunks_compressed": "\(compressed)"])
    }
}
