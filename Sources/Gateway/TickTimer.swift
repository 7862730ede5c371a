import Logging
import Telemetry

/// Sends ticks at a fixed interval, so that stream time goes on when no payload comes. A log that can't be reached is said once per
/// outage; the next tick makes up for the ones that were not sent.
struct TickTimer<Sink: PayloadSink>: Sendable {
    let sink: Sink
    let seconds: Int
    let logger: Logger

    func run() async {
        var isOut = false
        while !Task.isCancelled {
            do {
                try await Task.sleep(for: .seconds(seconds))
            } catch {
                return
            }
            do {
                try await TickBroadcast(sink: sink).send(timeMilliseconds: ReceiveClock.wallMilliseconds())
                if isOut { logger.notice("ticks are stored again") }
                isOut = false
            } catch {
                if !isOut {
                    logger.warning(
                        "ticks can't be stored; trying on",
                        metadata: ["code": "\(ErrorCode.ticksNotStored)", "error": "\(error)"]
                    )
                }
                isOut = true
            }
        }
    }
}
