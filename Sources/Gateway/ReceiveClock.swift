import Glibc
import HTTPServing
import HTTPTypes
import Hummingbird

/// Stamps payloads with the time of their arrival; the only clock that readings ever see.
struct ReceiveClock: Sendable {
    static let simulatedTimeHeader = HTTPField.Name("Meterlog-Simulated-Receive-Time")

    let isSimulated: Bool

    /// Receive time in ms since 1970-01-01T00:00:00Z.
    func stamp(_ request: Request) throws(ProblemDocument) -> Int64 {
        guard let name = ReceiveClock.simulatedTimeHeader, let text = request.headers[name] else {
            return ReceiveClock.wallMilliseconds()
        }
        guard isSimulated else {
            throw ProblemDocument(
                .badRequest,
                kind: "simulated-time-refused",
                title: "This gateway keeps its own time",
                detail: "leave \(name.rawName) out; only a gateway started with a simulated clock takes it"
            )
        }
        guard let milliseconds = Int64(text), (0...253_402_300_799_000).contains(milliseconds) else {
            throw ProblemDocument(
                .badRequest,
                kind: "invalid-simulated-time",
                title: "Not a time",
                detail: "\(name.rawName) is milliseconds since 1970, not \"\(text)\""
            )
        }
        return milliseconds
    }

    static func wallMilliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }
}
