import QueryAPI
import Testing

@Suite("The rate of a peer")
struct RateLimiterTests {
    @Test("a burst is admitted, then the rate holds, and the wait told is enough")
    func burstThenRate() {
        var limiter = RateLimiter(ratePerSecond: 2, burst: 3, maxPeers: 10)
        for _ in 0..<3 { #expect(limiter.refusal(of: "a", atMilliseconds: 0) == nil) }
        #expect(limiter.refusal(of: "a", atMilliseconds: 0) == 1)
        #expect(limiter.refusal(of: "a", atMilliseconds: 499) != nil)
        #expect(limiter.refusal(of: "a", atMilliseconds: 500) == nil)
        #expect(limiter.refusal(of: "a", atMilliseconds: 501) != nil)
        #expect(limiter.refusal(of: "b", atMilliseconds: 501) == nil)
    }

    @Test("a long pause gives a burst back, not more")
    func refill() {
        var limiter = RateLimiter(ratePerSecond: 1, burst: 2, maxPeers: 10)
        for _ in 0..<2 { _ = limiter.refusal(of: "a", atMilliseconds: 0) }
        var admitted = 0
        for _ in 0..<5 where limiter.refusal(of: "a", atMilliseconds: 1_000_000) == nil { admitted += 1 }
        #expect(admitted == 2)
    }

    @Test("peers beyond the limit share a budget, and idle ones are forgotten")
    func bounded() {
        var limiter = RateLimiter(ratePerSecond: 1, burst: 2, maxPeers: 3)
        for peer in ["a", "b", "c"] { #expect(limiter.refusal(of: peer, atMilliseconds: 0) == nil) }
        #expect(limiter.refusal(of: "d", atMilliseconds: 0) == nil)
        #expect(limiter.refusal(of: "e", atMilliseconds: 0) == nil)
        #expect(limiter.refusal(of: "f", atMilliseconds: 0) != nil)
        #expect(limiter.peerCount <= 4)
        #expect(limiter.refusal(of: "g", atMilliseconds: 60_000) == nil)
        #expect(limiter.peerCount <= 2)
    }
}
