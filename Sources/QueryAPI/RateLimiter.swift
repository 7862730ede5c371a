/// A token bucket for each peer. Time is given by the caller, in milliseconds of any steady clock.
package struct RateLimiter {
    private struct Bucket {
        /// Thousandths of a request.
        var credit: Int
        var atMilliseconds: Int
    }

    private let ratePerSecond: Int
    private let burst: Int
    private let maxPeers: Int
    private var buckets: [String: Bucket] = [:]
    private var nextSweepMilliseconds = Int.min
    /// All peers beyond the limit of peers share this name, which no address has.
    private static let others = "others"

    package init(ratePerSecond: Int, burst: Int, maxPeers: Int) {
        self.ratePerSecond = max(1, ratePerSecond)
        self.burst = max(1, burst)
        self.maxPeers = max(1, maxPeers)
    }

    package var peerCount: Int { buckets.count }

    /// Nil when the request is admitted, else the whole seconds after which one would be.
    package mutating func refusal(of peer: String, atMilliseconds now: Int) -> Int? {
        let key = slot(for: peer, now)
        var bucket = buckets[key] ?? Bucket(credit: burst * 1000, atMilliseconds: now)
        bucket.credit = credit(of: bucket, now)
        bucket.atMilliseconds = now
        let isAdmitted = bucket.credit >= 1000
        if isAdmitted { bucket.credit -= 1000 }
        buckets[key] = bucket
        if isAdmitted { return nil }
        let waitMilliseconds = (1000 - bucket.credit + ratePerSecond - 1) / ratePerSecond
        return max(1, (waitMilliseconds + 999) / 1000)
    }

    private func credit(of bucket: Bucket, _ now: Int) -> Int {
        // A thousandth of a request per millisecond and request per second.
        let elapsed = min(max(0, now - bucket.atMilliseconds), burst * 1000)
        return min(burst * 1000, bucket.credit + elapsed * ratePerSecond)
    }

    private mutating func slot(for peer: String, _ now: Int) -> String {
        if buckets[peer] != nil || buckets.count < maxPeers { return peer }
        // A sweep visits every peer, so a flood of new ones must not cause a flood of sweeps.
        guard now >= nextSweepMilliseconds else { return Self.others }
        nextSweepMilliseconds = now + 1000
        // Full again means idle for a while: forgetting it changes nothing for its peer.
        buckets = buckets.filter { credit(of: $0.value, now) < burst * 1000 }
        return buckets.count < maxPeers ? peer : Self.others
    }
}
