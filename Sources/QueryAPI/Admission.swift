package import HTTPServing
import HTTPTypes
import Synchronization

/// Who may ask now: a rate for each peer, and a number of requests at one time for all.
package final class Admission: Sendable {
    private let limiter: Mutex<RateLimiter>
    private let started = ContinuousClock.now
    private let inFlight = Atomic<Int>(0)
    private let maxInFlight: Int

    package init(_ limits: QueryAPIConfiguration.Limits) {
        limiter = Mutex(
            RateLimiter(
                ratePerSecond: limits.requestsPerSecondPerPeer,
                burst: limits.requestBurstPerPeer,
                maxPeers: limits.rateLimitedPeers
            )
        )
        maxInFlight = max(1, limits.concurrentRequests)
    }

    /// Throws 429 when the peer asks too often.
    func checkRate(of peer: String) throws(ProblemDocument) {
        let now = Int(started.duration(to: .now) / .milliseconds(1))
        guard let seconds = limiter.withLock({ $0.refusal(of: peer, atMilliseconds: now) }) else { return }
        throw ProblemDocument(
            .tooManyRequests,
            kind: "too-many-requests",
            title: "Too many requests",
            detail: "this address asks more often than the server allows; wait \(seconds) s",
            headers: [.retryAfter: String(seconds)]
        )
    }

    /// Throws 503 when too many requests are being answered; otherwise `leave` must follow.
    package func enter() throws(ProblemDocument) {
        let before = inFlight.wrappingAdd(1, ordering: .relaxed).oldValue
        guard before < maxInFlight else {
            leave()
            throw DatabaseProblem.unavailable(
                "busy",
                "the server answers as many requests as it may; try again",
                seconds: 1
            )
        }
    }

    package func leave() {
        inFlight.wrappingSubtract(1, ordering: .relaxed)
    }
}
